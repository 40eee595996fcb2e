using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;
using Xunit;

namespace WebLab.Engine.Tests.Evaluations;

/// <summary>Images that are crafted on one checkpoint and judged by another.</summary>
public sealed class TransferTests : IDisposable
{
    private const int N = 24;

    private static readonly PgdOptions pgd = new() { Eps = Budget.Of255(16), StepSize = Budget.Of255(4), Steps = 4, StopAtSuccess = false };

    private readonly SmallRun _runs = new();

    public TransferTests()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("one", SmallRun.Recipe(new StandardOptions()), checkpointSeconds: 600));
        Assert.Equal(ExitCode.Done, _runs.Train("two", SmallRun.Recipe(new StandardOptions()) with { Seed = 8 }, checkpointSeconds: 600));
    }

    public void Dispose() => _runs.Dispose();

    public static TheoryData<string> Kinds => ["pgd", "pgd with restarts", "mi-fgsm", "apgd-t", "fab-t", "square"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Crafted_on_a_copy_of_the_same_weights_it_is_the_attack_itself(string name)
    {
        using var scope = Scope.Enter();
        AttackOptions options = name switch
        {
            "pgd with restarts" => pgd with { Restarts = 3, Eps = Budget.Of255(8) },
            "mi-fgsm" => new MomentumOptions { StopAtSuccess = false },
            "apgd-t" => new TargetedApgdOptions { Steps = 6, Targets = 3, StopAtSuccess = false },
            "fab-t" => new TargetedFabOptions { Steps = 6, Targets = 3, StopAtSuccess = false },
            "square" => new SquareOptions { Queries = 20, Eps = Budget.Of255(64) },
            _ => pgd,
        };
        using var model = TrainedModel.Open(Checkpoint("one"), Device.Cpu);
        var (white, copied) = (Run(model, options), Run(model, From("one", options) with { StopAtSuccess = options.StopAtSuccess }));
        Assert.True(white.X.equal(copied.X));
        Assert.True(white.Success.equal(copied.Success));
        Assert.True(white.Success.any().item<bool>(), "nothing was broken");
    }

    [Fact]
    public void What_is_crafted_elsewhere_is_judged_by_the_attacked_network()
    {
        using var scope = Scope.Enter();
        using var model = TrainedModel.Open(Checkpoint("one"), Device.Cpu);
        var outcome = Run(model, From("two", pgd));
        Assert.True(outcome.LabelAfter.equal(model.Network.Forward(outcome.X, Pass.Eval).argmax(1)));
        Assert.True(outcome.Linf.max().item<double>() <= (16 / 255.0) + 1e-6);
        // Another search than that on the network itself, and no gradient of its own.
        Assert.False(outcome.X.equal(Run(model, pgd).X));
        Assert.True(outcome.Success.eq(outcome.FirstSuccess.ge(0)).all().item<bool>());
    }

    [Fact]
    public void An_evaluation_finds_the_checkpoint_below_the_data_directory()
    {
        var folder = _runs.Folder("transfer");
        var request = new EvaluationRequest
        {
            Checkpoint = Checkpoint("one"), Data = "shapes32", Limit = N, BatchSize = 8,
            Attacks = [new TransferOptions { Checkpoint = "runs/two/checkpoints/last", Attack = pgd }, new TransferOptions { Checkpoint = "runs/one/checkpoints/last", Attack = pgd }, pgd],
        };
        new JobSpec("evaluate", 2, _runs.Data, 600).Write(folder);
        request.Write(folder.Request);
        Assert.Equal(ExitCode.Done, Worker.Run(folder, 1, WebLab.Engine.Cli.JobKinds.All, TimeProvider.System, null, TextWriter.Null));
        var results = JobJson.Read<EvaluationResults>(Path.Combine(folder.Path, "results.json"));
        Assert.Equal(3, results.Attacks.Count);
        Assert.All(results.Attacks, a => Assert.InRange(a.Robust.Right, 0, results.Clean.Right));
    }

    [Fact]
    public void Training_images_may_be_crafted_on_another_checkpoint()
    {
        foreach (var method in new MethodOptions[] { new PgdAtOptions { Attack = From("two", pgd) }, new AgainOptions { Attack = From("two", pgd) } })
            Assert.Equal(ExitCode.Done, _runs.Train($"on-{method.GetType().Name}", SmallRun.Recipe(method, epochs: 1), checkpointSeconds: 600));
    }

    [Fact]
    public void Places_outside_of_the_data_directory_are_refused_and_missing_checkpoints_are_named()
    {
        using var scope = Scope.Enter();
        foreach (var place in new[] { "../elsewhere", "/etc", "runs/../../x" })
            Assert.Equal("checkpoint", Assert.Single(new TransferOptions { Checkpoint = place }.Check()).Path);
        Assert.Equal("attack.kind", Assert.Single(new TransferOptions { Checkpoint = "a", Attack = new TransferOptions { Checkpoint = "b" } }.Check()).Path);
        using var model = TrainedModel.Open(Checkpoint("one"), Device.Cpu);
        var missing = Assert.Throws<JobFailure>(() => Run(model, new TransferOptions { Checkpoint = "runs/three/checkpoints/last" }));
        Assert.Equal(FailureCode.BadRecipe, missing.Code);
        Assert.Throws<JobFailure>(() => new TransferOptions { Checkpoint = "" }.Build());
        Assert.Equal("checkpoint", Assert.Single(new TransferOptions { Checkpoint = "" }.Doubts()).Path);
    }

    private static TransferOptions From(string run, AttackOptions attack) => new() { Checkpoint = $"runs/{run}/checkpoints/{Kept.Last}", Attack = attack };

    private string Checkpoint(string run) => new Checkpoints(_runs.Folder(run).Checkpoints).Find(Kept.Last);

    private Outcome Run(TrainedModel model, AttackOptions options)
    {
        using var root = DataRoot.Enter(_runs.Data);
        var x = Architectures.Images(N).to(DType.Float32);
        var y = model.Network.Forward(x, Pass.Eval).argmax(1);
        return options.Build().Run(new Victim(model.Network, model.Frozen), x, y, new Rng(1).Draw("attack", Ops.arange(N), 0));
    }
}
