using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Cli;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class VerificationTests : IDisposable
{
    private readonly SmallRun _runs = new();
    private readonly StringWriter _told = new();

    public VerificationTests()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("trained", SmallRun.Recipe(new StandardOptions()), checkpointSeconds: 600));
        var folder = _runs.Folder("evaluation");
        new JobSpec("evaluate", 2, _runs.Data).Write(folder);
        new EvaluationRequest
        {
            Checkpoint = Checkpoint, Data = Shapes32.Id, Limit = 24, BatchSize = 10, LintImages = 0,
            Attacks = [new FgsmOptions(), new PgdOptions { Steps = 3 }, new UnprojectedOptions { Steps = 20 }],
        }.Write(folder.Request);
        Assert.Equal(ExitCode.Done, Worker.Run(folder, 1, JobKinds.All, TimeProvider.System, null, TextWriter.Null));
    }

    private string Checkpoint => new Checkpoints(_runs.Folder("trained").Checkpoints).Find(Kept.Last);

    private string Document => Path.Combine(_runs.Folder("evaluation").Path, EvaluationDocument.FileName);

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void An_honest_evaluation_agrees_down_to_the_images()
    {
        Assert.True(Run(Checkpoint) == 0, _told.ToString());
        Assert.DoesNotContain("not checked", _told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_checkpoint_it_says_what_was_not_checked()
    {
        Assert.Equal(0, Run());
        Assert.Contains("not checked: whether the network reads the images so", _told.ToString(), StringComparison.Ordinal);
        File.Delete(Path.Combine(_runs.Folder("evaluation").Path, OutcomeFiles.Adversarial));
        Assert.Equal(0, Run());
        Assert.Contains("not checked: the adversarial images", _told.ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Lies => new()
    {
        { "results.attacks[1].robust.right", "pgd3.robust" },
        { "results.attacks[1].robust.high", "pgd3.robust" },
        { "results.attacks[0].broke", "fgsm.broke" },
        { "results.attacks[0].forward", "fgsm.forward" },
        { "results.attacks[0].eightBitLost", "fgsm.eightBitLost" },
        { "results.clean.right", "clean" },
        { "results.worstCase.accuracy", "worstCase" },
        { "results.eightBit.right", "eightBit" },
        { "samples.fgsm.predicted", "fgsm: image" },
        { "samples.fgsm.linf", "more than 8/255" },
        { "samples.clean.label", "clean" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_figure_that_was_changed_is_named(string place, string named)
    {
        var root = JsonNode.Parse(File.ReadAllText(Document))!;
        if (place.StartsWith("samples.", StringComparison.Ordinal))
        {
            // Of an image that FGSM broke.
            var broken = root["samples"]!["fgsm.broken"]!.AsArray();
            var (column, k) = (root["samples"]![place["samples.".Length..]]!.AsArray(), Enumerable.Range(0, broken.Count).First(k => (bool)broken[k]!));
            column[k] = place switch
            {
                "samples.fgsm.linf" => 0.05,
                "samples.fgsm.predicted" => (long)root["samples"]!["clean.label"]![k]!,
                _ => (long)column[k]! + 1,
            };
        }
        else
        {
            var parts = place.Split('.');
            var node = parts[..^1].Aggregate(root, (n, p) => p.EndsWith(']') ? n[p[..^3]]![p[^2] - '0']! : n[p]!);
            node[parts[^1]] = (double)node[parts[^1]]! + (parts[^1] is "high" or "accuracy" ? 0.01 : 1);
            if (parts[^1] is not ("high" or "accuracy")) node[parts[^1]] = (long)(double)node[parts[^1]]!;
        }

        File.WriteAllText(Document, root.ToJsonString());
        Assert.Equal(1, Run());
        Assert.Contains(named, string.Join('\n', _told.ToString().Split('\n').Where(l => l.StartsWith("differs: ", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_checkpoint_is_told_from_the_one_that_was_attacked()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("other", SmallRun.Recipe(new StandardOptions()) with { Seed = 9 }, checkpointSeconds: 600));
        Assert.Equal(1, Run(new Checkpoints(_runs.Folder("other").Checkpoints).Find(Kept.Last)));
        Assert.Contains("which were attacked", _told.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json", "no document of an evaluation")]
    [InlineData("{}", "weblab-evaluation/1")]
    [InlineData("""{"format":"weblab-evaluation/2","results":{},"classes":[],"samples":{}}""", "weblab-evaluation/1")]
    public void What_is_no_evaluation_is_refused(string text, string words)
    {
        File.WriteAllText(Document, text);
        Assert.Equal(65, Run());
        Assert.Contains(words, _told.ToString(), StringComparison.Ordinal);
    }

    private int Run(string? checkpoint = null) => Verify.Run(Document, null, checkpoint, _runs.Data, _told);
}
