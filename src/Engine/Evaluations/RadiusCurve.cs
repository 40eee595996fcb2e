using System.Globalization;
using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// Accuracy over the radius. An image that a radius took is taken at every larger one, since the smaller ball lies in the larger: it is
/// not attacked again, and the curve never rises. Two radii are tried afresh, to see that this is so.
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
        var first = new long[tally.Indices.Length];
        Array.Fill(first, Outcomes.WrongAlready);
        foreach (var row in tally.Correct) first[row] = Outcomes.Stood;
        var (total, points) = (new Spent(first.Length), new List<CurvePoint>());
        foreach (var (k, radius) in radii.Index())
        {
            long[] rows = [.. tally.Correct.Where(r => first[r] == Outcomes.Stood)];
            if (Try(attack, radius, tally, rows, $"evaluate.curve.{k + 1}", audit: false) is not { } spent) return false;
            for (var r = 0; r < first.Length; r++)
                if (spent.Taken[r]) first[r] = k + 1;
            total.Add(spent);
            points.Add(new CurvePoint($"{radius}", radius.Value, Left(rows.Length, spent), radius.Value == 0 ? 0 : rows.Length, spent.Failed.Count(e => e), spent.Seconds, spent.Forwards.Sum(), spent.Backwards.Sum()));
        }

        var audits = new List<CurveAudit>();
        foreach (var number in Audited(radii))
        {
            var rows = tally.Correct;
            if (Try(attack, radii[number - 1], tally, rows, $"evaluate.curve.{number}.audit", audit: true) is not { } spent) return false;
            var (fresh, point) = (Left(rows.Length, spent), points[number - 1]);
            audits.Add(new CurveAudit(number, point.Radius, fresh, Agree(point.Robust, fresh), spent.Seconds, spent.Forwards.Sum(), spent.Backwards.Sum()));
            tally.Put($"curve.audit{number}", Column(spent.Taken));
        }

        tally.Put("curve.first", Tensor.From(first, first.Length));
        tally.Put("curve.error", Column(total.Failed));
        tally.Put("curve.forwards", Tensor.From(total.Forwards, first.Length));
        tally.Put("curve.backwards", Tensor.From(total.Backwards, first.Length));
        var clean = (double)tally.Correct.Length / first.Length;
        Results = new CurveResults(JsonSerializer.SerializeToElement<AttackOptions>(attack, OptionsJson.Canonical), attack.Bound()!.Value.Norm.ToString().ToLowerInvariant(), points, audits,
            CurveResults.AreaOf(clean, points.Select(p => (p.Eps, p.Robust.Accuracy))));
        return true;
    }

    /// <summary>Whether a fresh figure lies in the interval of the curve's.</summary>
    internal static bool Agree(Rated point, Rated fresh) => fresh.Accuracy >= point.Low && fresh.Accuracy <= point.High;

    // What was done to each image, by row.
    private sealed class Spent(int images)
    {
        public bool[] Taken { get; } = new bool[images];

        public bool[] Failed { get; } = new bool[images];

        public long[] Forwards { get; } = new long[images];

        public long[] Backwards { get; } = new long[images];

        public double Seconds { get; set; }

        public void Add(Spent other)
        {
            for (var r = 0; r < Taken.Length; r++)
            {
                (Taken[r], Failed[r]) = (Taken[r] || other.Taken[r], Failed[r] || other.Failed[r]);
                (Forwards[r], Backwards[r]) = (Forwards[r] + other.Forwards[r], Backwards[r] + other.Backwards[r]);
            }
        }
    }

    // One radius on some rows, in full batches; the parts of an ensemble each on what the ones before left. Null: a pause is wished.
    private Spent? Try(BudgetedOptions attack, Budget radius, Tally tally, long[] rows, string draws, bool audit)
    {
        var (spent, all) = (new Spent(tally.Indices.Length), rows.Length);
        // Nothing can be done within 0.
        var stages = radius.Value == 0 ? [] : EvaluationStage.Of([At(attack, radius)]);
        foreach (var stage in stages)
        {
            var (part, search, done) = (_part++, stage.Options.Build(), 0);
            rows = [.. rows.Where(r => !spent.Taken[r])];
            foreach (var (k, batch) in rows.Chunk(_request.BatchSize).Index())
            {
                using (Scope.Enter()) Enter(spent, _files.Part(part, k, () => Break(search, tally, batch, $"{draws}.{stage.Number}")));
                done += batch.Length;
                if (stage == stages[^1]) Tell(radius, audit, done, rows.Length, Left(all, spent), spent.Seconds);
                _job.Control.Step();
                if (_job.Control.Wish == Wish.Pause) return null;
            }
        }

        if (rows.Length == 0 || stages.Count == 0) Tell(radius, audit, 0, 0, Left(all, spent), spent.Seconds);
        return spent;
    }

    private Dictionary<string, Tensor> Break(Attack attack, Tally tally, long[] rows, string draws)
    {
        var (began, indices, row) = (_job.Time.GetTimestamp(), rows.Select(r => tally.Indices[r]).ToArray(), Tensor.From(rows, rows.Length));
        var (x, y) = _subject.Read(indices);
        var chance = _subject.Rng.Draw(draws, Tensor.From(indices, indices.Length).to(y.device), 0);
        var outcome = attack.Run(_victim, x, y, chance, observer: new StepRelay(_job.Control), clean: tally.Logits.index_select(0, row).to(y.device));
        Libtorch.Synchronize(y.device);
        return new()
        {
            ["row"] = row,
            ["taken"] = outcome.Success.logical_or(outcome.Error).cpu(),
            ["error"] = outcome.Error.cpu(),
            ["forwards"] = outcome.Forwards.cpu(),
            ["backwards"] = outcome.Backwards.cpu(),
            ["seconds"] = Tensor.From(new[] { _job.Time.GetElapsedTime(began).TotalSeconds }, 1),
        };
    }

    private static void Enter(Spent spent, Dictionary<string, Tensor> part)
    {
        var (row, taken, error) = (part["row"].ToArray<long>(), part["taken"].to(DType.Int64).ToArray<long>(), part["error"].to(DType.Int64).ToArray<long>());
        var (forwards, backwards) = (part["forwards"].ToArray<long>(), part["backwards"].ToArray<long>());
        for (var k = 0; k < row.Length; k++)
        {
            (spent.Taken[row[k]], spent.Failed[row[k]]) = (taken[k] != 0, error[k] != 0);
            spent.Forwards[row[k]] += forwards[k];
            spent.Backwards[row[k]] += backwards[k];
        }

        spent.Seconds += part["seconds"].item<double>();
    }

    private Rated Left(int rows, Spent spent) => Rated.Of(rows - spent.Taken.Count(t => t), _subject.Count);

    private void Tell(Budget radius, bool audit, int done, int total, Rated rated, double seconds) =>
        _job.Outbox.Append(new CurveResult($"{radius}", done, total, rated.Accuracy, rated.Low, rated.High, seconds, audit));

    private static Tensor Column(bool[] flags) => Tensor.From(flags.Select(f => f ? 1L : 0L).ToArray(), flags.Length).to(DType.Bool);
}
