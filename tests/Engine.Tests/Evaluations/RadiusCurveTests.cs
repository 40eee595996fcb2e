using WebLab.Engine.Attacks;
using WebLab.Engine.Cli;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class RadiusCurveTests : IDisposable
{
    private static readonly string[] Radii = ["0", "1/255", "2/255", "4/255", "8/255", "16/255"];

    private readonly SmallRun _runs = new();

    public RadiusCurveTests() => Assert.Equal(ExitCode.Done, _runs.Train("trained", SmallRun.Recipe(new StandardOptions()), checkpointSeconds: 600));

    public void Dispose() => _runs.Dispose();

    private sealed class Killed : Exception;

    [Fact]
    public void The_curve_falls_from_the_clean_accuracy_and_follows_from_the_first_radius_of_every_image()
    {
        Assert.Equal(ExitCode.Done, Evaluate("curve", Radii));
        var (results, curve) = (Results("curve"), Results("curve").Curve!);
        using var scope = Scope.Enter();
        var all = Safetensors.Read(Outcomes("curve"));
        var first = all["curve.first"].ToArray<long>();
        Assert.Equal(Radii, curve.Points.Select(p => p.Radius));
        Assert.Equal((results.Clean, 0, 0), (curve.Points[0].Robust, curve.Points[0].Tried, curve.Points[0].Forward));
        Assert.True(curve.Points[^1].Robust.Right < results.Clean.Right);
        for (var k = 0; k < curve.Points.Count; k++)
        {
            var point = curve.Points[k];
            if (k > 0) Assert.True(point.Robust.Right <= curve.Points[k - 1].Robust.Right);
            Assert.Equal(first.Count(f => f == 0 || f > k + 1), point.Robust.Right);
            Assert.InRange(point.Robust.Accuracy, point.Robust.Low, point.Robust.High);
        }

        foreach (var part in Halving.Of([.. Radii.Select(Budget.Parse)])) Assert.Equal(first.Count(f => part.Tries(f, Radii.Length)), curve.Points[part.Number - 1].Tried);
        Assert.Equal(results.Clean.Right, first.Count(f => f >= 0));
        Assert.Equal(all["curve.forwards"].sum().item<long>(), curve.Points.Sum(p => p.Forward));
        Assert.InRange(curve.Area, curve.Points[^1].Robust.Accuracy, results.Clean.Accuracy);
        Assert.Equal(curve.Area, _runs.Events("curve")[^1].Read<Finished>().Values["eval.curve"]);
        Assert.Equal(Radii.Length + 2, _runs.Events("curve").Where(e => e.Type == "curveResult").Select(e => e.Read<CurveResult>()).Count(e => e.Done == e.Total));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    public void Halving_visits_every_radius_once_and_finds_the_first_of_every_image_in_few_tries(int count)
    {
        foreach (var zero in new[] { false, true })
        {
            Budget[] radii = [.. Enumerable.Range(zero ? 0 : 1, count + (zero ? 1 : 0)).Select(k => Budget.Of255(k))];
            Halving[] parts = [.. Halving.Of(radii)];
            Assert.Equal(Enumerable.Range(zero ? 2 : 1, count), parts.Select(p => p.Number).Order());
            var all = 0;
            for (var first = zero ? 2 : 1; first <= radii.Length + 1; first++)
            {
                // An image that the radii from this number on take; beyond the last: none does.
                var (known, stood, tries) = (0, zero ? 1 : 0, 0);
                foreach (var part in parts.Where(p => p.Tries(first > radii.Length ? 0 : first, radii.Length)))
                {
                    Assert.Equal((stood + 1, known == 0 ? radii.Length : known - 1), (part.From, part.To));
                    tries++;
                    if (part.Number >= first) known = part.Number;
                    else stood = part.Number;
                }

                Assert.Equal(first > radii.Length ? 0 : first, known);
                all += tries;
                Assert.InRange(tries, 1, 1 + (int)Math.Ceiling(Math.Log(count + 1) / Math.Log(4.0 / 3)));
            }

            Assert.Equal(all / (count + 1.0), Halving.Tries(radii), 9);
        }
    }

    [Fact]
    public void Two_radii_are_tried_afresh_and_cost_more()
    {
        Assert.Equal(ExitCode.Done, Evaluate("curve", Radii));
        var (curve, clean) = (Results("curve").Curve!, Results("curve").Clean);
        Assert.Equal([3, 6], curve.Audits.Select(a => a.Number));
        foreach (var audit in curve.Audits)
        {
            var point = curve.Points[audit.Number - 1];
            Assert.Equal((point.Radius, audit.Robust.Accuracy >= point.Robust.Low && audit.Robust.Accuracy <= point.Robust.High), (audit.Radius, audit.Agrees));
            Assert.True(point.Tried < clean.Right);
            Assert.True(point.Forward < audit.Forward, $"{point.Forward} of {audit.Forward} passes at {point.Radius}");
        }
    }

    [Fact]
    public void Killed_after_any_batch_it_ends_with_the_same_bytes()
    {
        Assert.Equal(ExitCode.Done, Evaluate("whole", Radii));
        var all = _runs.Events("whole").Count(e => e.Type == "curveResult");
        foreach (var at in new[] { 2, all / 2, all })
        {
            var (name, told) = ($"killed-{at}", 0);
            Assert.Equal(ExitCode.Unknown, Evaluate(name, Radii, bell: e =>
            {
                if (e is CurveResult && ++told >= at) throw new Killed();
            }));
            Assert.Equal(ExitCode.Done, Evaluate(name, Radii, attempt: 2));
            Assert.Equal(File.ReadAllBytes(Outcomes("whole")), File.ReadAllBytes(Outcomes(name)));
        }
    }

    [Fact]
    public void An_ensemble_gives_a_curve_too()
    {
        Assert.Equal(ExitCode.Done, Evaluate("ensemble", ["4/255"], new QuickOptions(), limit: 6));
        var curve = Results("ensemble").Curve!;
        Assert.Equal((1, 1), (curve.Points.Count, Assert.Single(curve.Audits).Number));
        Assert.Equal((Results("ensemble").Clean.Accuracy + curve.Points[0].Robust.Accuracy) / 2, curve.Area, 12);
        Assert.Empty(Verification.Figures(EvaluationDocument.Read(Path.Combine(_runs.Folder("ensemble").Path, EvaluationDocument.FileName))));
    }

    [Fact]
    public void Steps_keep_their_share_of_the_radius()
    {
        var at = (PgdOptions)RadiusCurve.At(new PgdOptions { Norm = Norm.L2, Steps = 20 }, Budget.Parse("128/255"));
        Assert.Equal((Norm.L2, 20, "128/255", 32 / 255.0), (at.Norm, at.Steps, $"{at.Eps}", at.StepSize.Value));
        Assert.Equal("3/255", $"{RadiusCurve.At(new FgsmOptions(), Budget.Of255(3)).Eps}");
    }

    [Fact]
    public void Figures_that_do_not_follow_from_the_first_radii_are_found()
    {
        Assert.Equal(ExitCode.Done, Evaluate("curve", Radii));
        var document = EvaluationDocument.Read(Path.Combine(_runs.Folder("curve").Path, EvaluationDocument.FileName));
        Assert.Empty(Verification.Figures(document));
        var curve = document.Results.Curve!;
        var better = curve.Points.Select((p, k) => k == 3 ? p with { Robust = Rated.Of(p.Robust.Right + 1, p.Robust.Total) } : p);
        Assert.Contains("curve.points[3].robust", string.Join('\n', Found(curve with { Points = [.. better] })), StringComparison.Ordinal);
        Assert.StartsWith("curve.area", Assert.Single(Found(curve with { Area = curve.Area + .01 })), StringComparison.Ordinal);
        Assert.StartsWith("curve.audits", Assert.Single(Found(curve with { Audits = [curve.Audits[0] with { Agrees = !curve.Audits[0].Agrees }] })), StringComparison.Ordinal);

        IReadOnlyList<string> Found(CurveResults other) => Verification.Figures(document with { Results = document.Results with { Curve = other } });
    }

    [Fact]
    public void Wrong_radii_and_attacks_are_refused_by_their_fields()
    {
        foreach (var (name, radii, attack, field) in new (string, string[], AttackOptions?, string)[]
        {
            ("twice", ["1/255", "2/255", "2/255"], null, "curve[2]: must be larger"),
            ("descending", ["2/255", "1/255"], null, "curve[1]: must be larger"),
            ("nothing", ["0"], null, "curve: must have a radius above 0"),
            ("outside", ["1/255", "8"], null, "curve[1]: must be <= 1"),
            ("unbounded", ["1/255"], new DeepFoolOptions(), "curveAttack.kind: must be an attack within a radius; got deepfool"),
            ("still", ["1/255"], new PgdOptions { Eps = Budget.Zero }, "curveAttack.eps: must be above 0"),
        })
        {
            Assert.Equal(ExitCode.BadRecipe, Evaluate(name, radii, attack));
            Assert.Contains(field, _runs.Events(name)[^1].Read<Failed>().Message, StringComparison.Ordinal);
        }
    }

    private int Evaluate(string name, string[] radii, AttackOptions? attack = null, int attempt = 1, Action<EventData>? bell = null, int limit = 24)
    {
        var folder = _runs.Folder(name);
        new JobSpec("evaluate", 2, _runs.Data).Write(folder);
        new EvaluationRequest
        {
            Checkpoint = new Checkpoints(_runs.Folder("trained").Checkpoints).Find(WebLab.Engine.Training.Kept.Last),
            Data = Shapes32.Id,
            Limit = limit,
            BatchSize = 10,
            Curve = [.. radii.Select(Budget.Parse)],
            CurveAttack = attack ?? new PgdOptions { Steps = 4 },
        }.Write(folder.Request);
        return Worker.Run(folder, attempt, JobKinds.All, TimeProvider.System, bell, TextWriter.Null);
    }

    private EvaluationResults Results(string name) => JobJson.Read<EvaluationResults>(Path.Combine(_runs.Folder(name).Path, "results.json"));

    private string Outcomes(string name) => Path.Combine(_runs.Folder(name).Path, OutcomeFiles.All);
}
