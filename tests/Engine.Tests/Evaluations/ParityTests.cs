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

public sealed class ParityTests : IDisposable
{
    private readonly SmallRun _runs = new();
    private readonly StringWriter _told = new();

    public ParityTests()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("trained", SmallRun.Recipe(new StandardOptions()), checkpointSeconds: 600));
        var folder = _runs.Folder("ours");
        new JobSpec("evaluate", 2, _runs.Data).Write(folder);
        new EvaluationRequest { Checkpoint = Checkpoint, Data = Shapes32.Id, Limit = 24, LintImages = 0, Attacks = [new FgsmOptions(), new PgdOptions { Steps = 5 }] }.Write(folder.Request);
        Assert.Equal(ExitCode.Done, Worker.Run(folder, 1, JobKinds.All, TimeProvider.System, null, TextWriter.Null));
        Assert.Equal(0, Parity.Verb().Parse(["export", Checkpoint, "--dataset", Shapes32.Id, "--images", "24", "--out", At("parity"), "--data", _runs.Data]).Invoke());
    }

    private string Checkpoint => new Checkpoints(_runs.Folder("trained").Checkpoints).Find(Kept.Last);

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Our_own_images_score_as_the_evaluation_says()
    {
        Assert.Equal(0, Score(Theirs(_ => true)));
        var worst = EvaluationDocument.Read(At("ours/evaluation.json")).Results.WorstCase!.Right;
        Assert.Contains($"ours leave {worst}, theirs {worst}: not weaker", _told.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("outside the ball 1", _told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tool_that_breaks_less_is_no_reproach_and_one_that_leaves_the_ball_is()
    {
        Assert.Equal(0, Score(Theirs(_ => false)));
        Assert.Equal(1, Score(Theirs(_ => true, by: 0.05)));
        Assert.Contains("outside the ball 24", _told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_another_shape_are_refused()
    {
        using var scope = Scope.Enter();
        Safetensors.Write(At("odd.safetensors"), new Dictionary<string, Tensor> { ["odd"] = Ops.zeros([3, 3, 32, 32]) });
        Assert.Contains("odd", Assert.Throws<ArgumentException>(() => Score(At("odd.safetensors"))).Message, StringComparison.Ordinal);
    }

    // The batch, with the images of our evaluation in their places.
    private string Theirs(Func<int, bool> kept, double by = 0)
    {
        using var scope = Scope.Enter();
        var (batch, found) = (Safetensors.Read(At("parity/batch.safetensors")), Safetensors.Read(At("ours/adversarial.safetensors")));
        var (x, row) = ((batch["x"] + by).clamp(0, 1), batch["index"].ToArray<long>().ToList());
        long[] places = [.. found["index"].ToArray<long>().Select(i => (long)row.IndexOf(i))];
        if (by > 0) x = batch["x"] + (batch["x"].lt(0.5).to(DType.Float32) * (2 * by)) - by;
        else for (var k = 0; k < places.Length; k++) if (kept(k)) x.narrow(0, places[k], 1).copy_(found["x"].narrow(0, k, 1));
        Safetensors.Write(At("theirs.safetensors"), new Dictionary<string, Tensor> { ["pgd"] = x });
        return At("theirs.safetensors");
    }

    private int Score(string theirs) => Parity.Score(Checkpoint, At("parity/batch.safetensors"), theirs, Budget.Of255(8), Norm.Linf, At("ours/evaluation.json"), _told);

    private string At(string name) => Path.Combine(Path.GetDirectoryName(_runs.Folder("ours").Path)!, name);
}
