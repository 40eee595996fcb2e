using WebLab.Engine.Attacks;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lint;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Lint;

/// <summary>Networks of honest training get an A; each of these that were broken on purpose is named by the check made for it.</summary>
public sealed class LintTests(LintTests.Trained trained) : IClassFixture<LintTests.Trained>
{
    private static readonly (Norm, Budget) eight = (Norm.Linf, Budget.Of255(8));

    public static TheoryData<string> Honest => [.. Trained.Methods.Keys];

    [Theory]
    [MemberData(nameof(Honest))]
    public void An_honest_network_gets_an_A(string name)
    {
        using var scope = Scope.Enter();
        var report = LintChecks.Run(trained.Bench(name, net => x => net.Forward(x, Pass.Eval)));
        Assert.True(report.Grade == "A", string.Join('\n', report.Findings.Where(f => f.Verdict != LintVerdict.Pass)));
        Assert.Equal(LintChecks.All.Select(c => c.Name), report.Findings.Select(f => f.Check));
        Assert.All(report.Findings, f => Assert.NotEmpty(f.Evidence));
    }

    public static TheoryData<string> Broken => [.. Trained.Broken.Keys];

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_model_is_named_by_the_check_made_for_it(string name)
    {
        using var scope = Scope.Enter();
        var (checks, bench) = Trained.Broken[name](trained);
        var report = LintChecks.Run(bench);
        var failed = report.Findings.Where(f => f.Verdict == LintVerdict.Fail).Select(f => f.Check).ToList();
        Assert.True(checks.All(failed.Contains), $"failed: {string.Join(", ", failed)}\n{string.Join('\n', report.Findings)}");
        Assert.Contains(report.Grade, new[] { "D", "F" });
    }

    [Fact]
    public void What_nothing_can_be_said_of_is_said_so()
    {
        using var scope = Scope.Enter();
        var report = LintChecks.Run(trained.Bench("standard", net => x => net.Forward(x, Pass.Eval), x => x * 255));
        Assert.Equal("F", report.Grade);
        Assert.All(report.Findings.Where(f => f.Check != "pixels"), f => Assert.Equal((LintVerdict.NotRun, "not looked at, because of pixels"), (f.Verdict, f.Evidence)));
    }

    [Fact]
    public void A_head_that_hides_its_gradient_is_warned_of()
    {
        using var scope = Scope.Enter();
        var report = LintChecks.Run(trained.Hidden("standard"));
        Assert.Equal(LintVerdict.Warn, report.Findings.Single(f => f.Check == "masked-heads").Verdict);
    }

    [Fact]
    public void Grades_follow_from_the_verdicts()
    {
        static string Grade(params (string Check, LintVerdict Verdict)[] findings) => LintReport.Of(40, [.. findings.Select(f => new LintFinding(f.Check, f.Verdict, "."))]).Grade;
        Assert.Equal("A", Grade(("steps", LintVerdict.Pass), ("noise", LintVerdict.NotRun)));
        Assert.Equal("B", Grade(("steps", LintVerdict.Warn), ("eight-bit", LintVerdict.Warn)));
        Assert.Equal("C", Grade(("steps", LintVerdict.Warn), ("eight-bit", LintVerdict.Warn), ("restarts", LintVerdict.Warn)));
        Assert.Equal("D", Grade(("steps", LintVerdict.Fail)));
        Assert.Equal("F", Grade(("steps", LintVerdict.Fail), ("noise", LintVerdict.Fail)));
        Assert.Equal("F", Grade(("gradients", LintVerdict.Fail)));
    }

    /// <summary>Five small networks, trained once for all facts.</summary>
    public sealed class Trained : IDisposable
    {
        private const int Images = 40;

        public static readonly Dictionary<string, MethodOptions> Methods = new()
        {
            ["standard"] = new StandardOptions(),
            ["pgd-at"] = new PgdAtOptions { Attack = new PgdOptions { Steps = 3, StepSize = Budget.Of255(4) } },
            ["trades"] = new TradesOptions { Attack = new PgdOptions { Steps = 2, StepSize = Budget.Of255(4), Start = Start.Gauss } },
            ["advprop"] = new AdvPropOptions { Attack = new PgdOptions { Steps = 1, StepSize = Budget.Of255(4), Eps = Budget.Of255(4) } },
            ["free"] = new FreeOptions { Replays = 2 },
        };

        /// <summary>What is wrong, the checks that must say so, and the model.</summary>
        public static readonly Dictionary<string, Func<Trained, (string[] Checks, LintBench Bench)>> Broken = new()
        {
            ["ends with softmax"] = t => (["logits"], t.Bench("pgd-at", net => x => net.Forward(x, Pass.Eval).softmax(1))),
            ["batch norm in training mode"] = t => (["batch-size"], t.Bench("pgd-at", net => x => net.Forward(x, Pass.Eval with { Stats = StatsMode.Batch }))),
            ["quantised input"] = t => (["gradients", "black-box"], t.Bench("standard", net => x => net.Forward((x * 8).round() / 8, Pass.Eval))),
            ["random shift"] = t =>
            {
                var turn = 0;
                return (["deterministic"], t.Bench("pgd-at", net => x => net.Forward(x.roll([++turn % 5, turn % 3], [2, 3]), Pass.Eval)));
            },
            ["noise of its own"] = t =>
            {
                var turn = 0UL;
                return (["deterministic"], t.Bench("standard", net => x => net.Forward(x + new Rng(++turn).Draw("noise", Ops.arange(x.shape[0]), 0).Uniform("x", 0, 0.2, 3, 32, 32), Pass.Eval)));
            },
            ["gradient cut off"] = t => (["gradients"], t.Bench("standard", net => x => net.Forward(x.detach(), Pass.Eval))),
            ["normalisation outside"] = t => (["pixels"], t.Bench("standard", net => x => net.Forward(x, Pass.Eval), x => (x - 0.5) / 0.25)),
            ["pixels divided twice"] = t => (["pixels"], t.Bench("standard", net => x => net.Forward(x, Pass.Eval), x => x / 255)),
            ["pixels from 0 to 255 inside"] = t => (["one-class"], t.Bench("standard", net => x => net.Forward((x * 255).clamp_min(200), Pass.Eval))),
            ["logits cut to a range"] = t => (["gradients"], t.Bench("standard", net => x => net.Forward(x, Pass.Eval).clamp(-0.01, 0.01) + (net.Forward(x, Pass.Eval).detach() * 1e-3))),
            ["logits times ten thousand"] = t => (["gradients", "logit-scale"], t.Bench("pgd-at", net => x => net.Forward(x, Pass.Eval) * 1e4)),
            ["radius in 0 to 255"] = t => (["radius"], t.Bench("pgd-at", net => x => net.Forward(x, Pass.Eval), ball: (Norm.Linf, Budget.Parse("1")))),
            ["label leak"] = t => (["unbounded"], t.Leak("standard")),
            ["a battery of noise alone"] = t => (["battery"], t.Bench("standard", net => x => net.Forward(x, Pass.Eval), left: [.. Enumerable.Repeat(true, Images)])),
        };

        private readonly SmallRun _runs = new(train: 600, test: 128);
        private readonly Dictionary<string, TrainedModel> _models = [];

        public Trained()
        {
            foreach (var (name, method) in Methods)
            {
                var recipe = SmallRun.Recipe(method, epochs: 5);
                Assert.Equal(ExitCode.Done, _runs.Train(name, recipe with { Training = recipe.Training with { AverageDecay = null } }, checkpointSeconds: 600));
                _models[name] = TrainedModel.Open(new Checkpoints(_runs.Folder(name).Checkpoints).Find(Kept.Last), Device.Cpu);
            }
        }

        public LintBench Bench(string name, Func<Network, Func<Tensor, Tensor>> model, Func<Tensor, Tensor>? images = null, (Norm, Budget)? ball = null, bool[]? left = null)
        {
            var (x, y) = Batch();
            return new(new Victim(model(_models[name].Network)), images?.Invoke(x) ?? x, y, ball ?? eight, new Rng(5).Draw("lint", Ops.arange(Images), 0)) { LeftByBattery = left };
        }

        /// <summary>Answers with the label that it was told for the place in the batch, as code does that hands labels to a model.</summary>
        public LintBench Leak(string name)
        {
            var (x, y) = Batch();
            var told = y.one_hot(10).to(DType.Float32) * 20;
            var network = _models[name].Network;
            return new(new Victim(images => network.Forward(images, Pass.Eval) + told.narrow(0, 0, images.shape[0])), x, y, eight, new Rng(5).Draw("lint", Ops.arange(Images), 0));
        }

        /// <summary>Scored through a head whose gradient points elsewhere, with a helper that shows it.</summary>
        public LintBench Hidden(string name)
        {
            var ((x, y), network) = (Batch(), _models[name].Network);
            Tensor Plain(Tensor images) => network.Forward(images, Pass.Eval);
            Tensor Main(Tensor images) => Plain(images.detach()) + ((images - images.detach()).mean([1, 2, 3]).unsqueeze(1) * Ops.arange(10).to(DType.Float32));
            var victim = new Victim(Plain, [new Front("main", Main, [1]), new Front("aux", images => Ops.cat([Main(images), Plain(images)], 1), [0, 1])]);
            return new(victim, x, y, eight, new Rng(5).Draw("lint", Ops.arange(Images), 0));
        }

        public void Dispose()
        {
            foreach (var model in _models.Values) model.Dispose();
            _runs.Dispose();
        }

        private (Tensor X, Tensor Y) Batch()
        {
            using var shapes = DatasetShelf.In(_runs.Data).Open(Shapes32.Id);
            using var split = new TensorSplit(shapes.Test, Device.Cpu);
            return split.Batch([.. Enumerable.Range(0, Images).Select(k => (long)k)]);
        }
    }
}
