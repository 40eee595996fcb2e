using System.Globalization;
using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// Accuracy over the radius. For each image the smallest radius that takes it is searched by halving: what breaks it within a radius lies in
/// every larger ball, and what is not found within a radius is not looked for within a smaller one. So the curve never rises and costs few
/// runs of the attack per image. Two radii are tried afresh on all images, to see that this is so.
/// </summary>
public sealed class RadiusCurve
{
    // Numbers of parts beyond those of attacks and corruptions.
    private const int FirstPart = 2000;
    private const int MostRadii = 64;

    private readonly Job _job;
    private readonly EvaluationRequest _request;
    private readonly Subject _subject;
    private readonly Victim _victim;
    private readonly OutcomeFiles _files;
    private int _part = FirstPart;

    public RadiusCurve(Job job, EvaluationRequest request, Subject subject, Victim victim, OutcomeFiles files) =>
        (_job, _request, _subject, _victim, _files) = (job, request, subject, victim, files);

    /// <summary>Null before the end, and where no curve was asked for.</summary>
    public CurveResults? Results { get; private set; }

    /// <summary>The attack of a curve at one radius; its steps keep their share of the radius.</summary>
    public static BudgetedOptions At(BudgetedOptions attack, Budget radius) => attack is SteppedOptions stepped
        ? stepped with { Eps = radius, StepSize = Budget.Parse((radius.Value * (stepped.StepSize.Value / stepped.Eps.Value)).ToString("R", CultureInfo.InvariantCulture)) }
        : attack with { Eps = radius };

    /// <summary>Numbers, from 1, of the radii that are tried afresh: a middle one and the largest.</summary>
    public static IReadOnlyList<int> Audited(IReadOnlyList<Budget> radii) =>
        [.. new[] { (radii.Count + 1) / 2, radii.Count }.Distinct().Where(n => radii[n - 1].Value > 0)];

    /// <summary>What is wrong with what was asked for.</summary>
    internal static IEnumerable<Finding> Check(IReadOnlyList<Budget> radii, AttackOptions attack)
    {
        if (radii.Count == 0) yield break;
        if (radii.Count > MostRadii) yield return new Finding("curve", $"must have at most {MostRadii} radii; got {radii.Count}");
        for (var k = 1; k < radii.Count; k++)
            if (radii[k].Value <= radii[k - 1].Value) yield return new Finding($"curve[{k}]", $"must be larger than the radius before it ({radii[k - 1]}); got {radii[k]}");
        if (radii[^1].Value == 0) yield return new Finding("curve", "must have a radius above 0; got 0 alone, write [\"0\", \"4/255\", \"8/255\"]");
        if (attack is not BudgetedOptions budgeted || budgeted.Bound() is null) yield return new Finding("curveAttack.kind", $"must be an attack within a radius; got {Kinds.Attacks.KindOf(attack)}, write \"pgd\"");
        else if (budgeted is SteppedOptions { Eps.Value: 0 }) yield return new Finding("curveAttack.eps", "must be above 0, since its steps keep their share of it; got 0, write \"8/255\"");
        else
            foreach (var (k, radius) in radii.Index())
                foreach (var finding in At(budgeted, radius).Check().Where(f => f.Path == "eps"))
                    yield return new Finding($"curve[{k}]", finding.Message);
    }

    /// <summary>Tries every radius, then some afresh; done batches come from the disk.</summary>
    /// <returns>False: the job is to pause.</returns>
    internal bool Run(Tally tally)
    {
        if (_request.Curve.Count == 0) return true;
        var (attack, radii) = ((BudgetedOptions)_request.CurveAttack, _request.Curve);
        var search = new RadiusSearch(tally, radii);
        if (radii[0].Value == 0) Tell(radii[0], audit: false, 0, 0, search.Left(1), 0);
        foreach (var part in Halving.Of(radii))
        {
            var rows = search.Open(part);
            if (Try(attack, radii[part.Number - 1], tally, rows, $"evaluate.curve.{part.Number}", taken => search.Left(part.Number, taken), audit: false) is not { } spent) return false;
            search.Enter(part, rows, spent);
        }

        var points = search.Points();
        var audits = new List<CurveAudit>();
        foreach (var number in Audited(radii))
        {
            var rows = tally.Correct;
            Rated Left(IEnumerable<bool> taken) => Rated.Of(rows.Length - taken.Count(t => t), _subject.Count);
            if (Try(attack, radii[number - 1], tally, rows, $"evaluate.curve.{number}.audit", Left, audit: true) is not { } spent) return false;
            var (fresh, point) = (Left(spent.Taken), points[number - 1]);
            audits.Add(new CurveAudit(number, point.Radius, fresh, Agree(point.Robust, fresh), spent.Seconds, spent.Forwards.Sum(), spent.Backwards.Sum()));
            tally.Put($"curve.audit{number}", Spent.Column(spent.Taken));
        }

        search.Put();
        var clean = (double)tally.Correct.Length / tally.Indices.Length;
        Results = new CurveResults(JsonSerializer.SerializeToElement<AttackOptions>(attack, OptionsJson.Canonical), attack.Bound()!.Value.Norm.ToString().ToLowerInvariant(), points, audits,
            CurveResults.AreaOf(clean, points.Select(p => (p.Eps, p.Robust.Accuracy))));
        return true;
    }

    /// <summary>Whether a fresh figure lies in the interval of the curve's.</summary>
    internal static bool Agree(Rated point, Rated fresh) => fresh.Accuracy >= point.Low && fresh.Accuracy <= point.High;

    // One radius on some rows, in full batches; the parts of an ensemble each on what the ones before left. Null: a pause is wished.
    private Spent? Try(BudgetedOptions attack, Budget radius, Tally tally, long[] rows, string draws, Func<bool[], Rated> left, bool audit)
    {
        var spent = new Spent(tally.Indices.Length);
        var stages = EvaluationStage.Of([At(attack, radius)]);
        foreach (var stage in stages)
        {
            var (part, search, done) = (_part++, stage.Options.Build(), 0);
            rows = [.. rows.Where(r => !spent.Taken[r])];
            foreach (var (k, batch) in rows.Chunk(_request.BatchSize).Index())
            {
                using (Scope.Enter()) spent.Enter(_files.Part(part, k, () => Break(search, tally, batch, $"{draws}.{stage.Number}")));
                done += batch.Length;
                if (stage == stages[^1]) Tell(radius, audit, done, rows.Length, left(spent.Taken), spent.Seconds);
                _job.Control.Step();
                if (_job.Control.Wish == Wish.Pause) return null;
            }
        }

        if (rows.Length == 0) Tell(radius, audit, 0, 0, left(spent.Taken), spent.Seconds);
        return spent;
    }

    private Dictionary<string, Tensor> Break(Attack attack, Tally tally, long[] rows, string draws)
    {
        var (row, _, outcome, seconds) = Strike.At(_job, _subject, _victim, attack, tally, rows, draws);
        return new()
        {
            ["row"] = row,
            ["taken"] = outcome.Success.logical_or(outcome.Error).cpu(),
            ["error"] = outcome.Error.cpu(),
            ["forwards"] = outcome.Forwards.cpu(),
            ["backwards"] = outcome.Backwards.cpu(),
            ["seconds"] = Tensor.From(new[] { seconds }, 1),
        };
    }

    private void Tell(Budget radius, bool audit, int done, int total, Rated rated, double seconds) =>
        _job.Outbox.Append(new CurveResult($"{radius}", done, total, rated.Accuracy, rated.Low, rated.High, seconds, audit));
}
