using WebLab.Engine.Cli;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Tests.Data;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class CorruptionRunTests : IDisposable
{
    private readonly SmallRun _runs = new();

    public CorruptionRunTests() => Assert.Equal(ExitCode.Done, _runs.Train("trained", SmallRun.Recipe(new StandardOptions()), checkpointSeconds: 600));

    public void Dispose() => _runs.Dispose();

    private sealed class Killed : Exception;

    [Fact]
    public void Figures_follow_from_the_choices_on_every_image()
    {
        Assert.Equal(ExitCode.Done, Evaluate("all", ["all"]));
        var results = Results("all");
        var corruptions = results.Corruptions!;
        using var scope = Scope.Enter();
        var labels = Safetensors.Read(Path.Combine(_runs.Folder("all").Path, OutcomeFiles.All))["clean.label"].ToArray<long>();
        var kept = Safetensors.Read(Path.Combine(_runs.Folder("all").Path, CorruptionRun.File));

        Assert.Equal((CorruptionResults.Made, 14, 15), (corruptions.Source, corruptions.Counted, corruptions.Of));
        Assert.Equal(19, corruptions.Corruptions.Count);
        Assert.Equal(results.Clean.Accuracy, corruptions.Clean);
        foreach (var one in corruptions.Corruptions)
        {
            for (var s = 1; s <= 5; s++)
            {
                var chosen = kept[$"{one.Name}/{s}.predicted"].ToArray<int>();
                Assert.Equal(chosen.Zip(labels).Count(p => p.First == p.Second), one.Cells[s - 1].Right);
                Assert.InRange(one.Cells[s - 1].Accuracy, one.Cells[s - 1].Low, one.Cells[s - 1].High);
            }

            Assert.Equal(1 - one.Cells.Average(c => c.Accuracy), one.Error, 12);
            Assert.InRange(one.Confidence!.Value, .1, 1);
            Assert.InRange(one.CalibrationError!.Value, 0, 1);
        }

        var document = EvaluationDocument.Read(Path.Combine(_runs.Folder("all").Path, EvaluationDocument.FileName));
        Assert.Empty(Verification.Figures(document));
        var better = corruptions with { Error = corruptions.Error - 0.01, Corruptions = [corruptions.Corruptions[0] with { Error = 0 }, .. corruptions.Corruptions.Skip(1)] };
        Assert.Equal(["corruptions." + corruptions.Corruptions[0].Name + ".error", "corruptions.error"],
            Verification.Figures(document with { Results = document.Results with { Corruptions = better } }).Select(d => d.Split(':')[0]));
        var counted = corruptions.Corruptions.Where(c => c.Set == "test").ToList();
        Assert.Equal(counted.Average(c => c.Error), corruptions.Error!.Value, 12);
        Assert.Equal(["blur", "digital", "noise", "weather"], corruptions.Families.Keys.Order());
        Assert.Equal(counted.Max(c => c.Error), counted.Single(c => c.Name == corruptions.Worst).Error);
        Assert.Equal("substitute", corruptions.Corruptions.Single(c => c.Name == "frost-synthetic").Set);
        var byClass = corruptions.ClassErrors!.Select((e, c) => (e ?? 0) * labels.Count(l => l == c)).Sum() / labels.Length;
        Assert.Equal(corruptions.Error!.Value, byClass, 12);
        Assert.Equal(1 - corruptions.Error!.Value, _runs.Events("all")[^1].Read<Finished>().Values["eval.corrupted"], 12);
    }

    [Fact]
    public void Killed_after_any_batch_it_ends_with_the_same_figures()
    {
        string[] asked = ["fog", "gaussian_noise"];
        Assert.Equal(ExitCode.Done, Evaluate("whole", asked));
        foreach (var at in new[] { 6, 9 })
        {
            var (name, told) = ($"killed-{at}", 0);
            Assert.Equal(ExitCode.Unknown, Evaluate(name, asked, bell: _ =>
            {
                if (++told >= at) throw new Killed();
            }));
            Assert.Equal(ExitCode.Done, Evaluate(name, asked, attempt: 2));
            Assert.Equal(Kept("whole"), Kept(name));
        }
    }

    [Fact]
    public void The_size_of_batches_changes_nothing()
    {
        Assert.Equal(ExitCode.Done, Evaluate("tens", ["noise"], severities: [2]));
        Assert.Equal(ExitCode.Done, Evaluate("threes", ["noise"], severities: [2], batch: 3));
        Assert.Equal(Results("tens").Corruptions!.Corruptions.Select(c => c.Cells[0]), Results("threes").Corruptions!.Corruptions.Select(c => c.Cells[0]));
    }

    [Fact]
    public void Another_evaluation_is_the_measure()
    {
        Assert.Equal(ExitCode.Done, Evaluate("first", ["test"], severities: [1, 5]));
        Assert.Equal(ExitCode.Done, Evaluate("itself", ["test"], severities: [5, 1], baseline: "first"));
        var against = Results("itself").Corruptions!.Against!;
        Assert.Equal(("first", 14), (against.Baseline, against.Counted));
        Assert.Equal(1, against.Error!.Value, 12);
        Assert.All(against.Errors.Values, ratio => Assert.Equal(1, ratio, 12));

        Assert.Equal(ExitCode.BadRecipe, Evaluate("others", ["test"], severities: [1], baseline: "first"));
        Assert.Contains("tried severities 1, 5; this one tries 1", Message("others"), StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadRecipe, Evaluate("nowhere", ["fog"], baseline: "not there"));
        Assert.Contains("corruptionBaseline", Message("nowhere"), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_names_and_frost_without_photographs_are_refused()
    {
        Assert.Equal(ExitCode.BadRecipe, Evaluate("unknown", ["fog", "fogg"]));
        Assert.Contains("corruptions[1]: got 'fogg'", Message("unknown"), StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadRecipe, Evaluate("six", ["fog"], severities: [6]));
        Assert.Contains("severities[0]", Message("six"), StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadRecipe, Evaluate("frost", ["frost"]));
        Assert.Contains("photographs", Message("frost"), StringComparison.Ordinal);
    }

    [Fact]
    public void With_the_photographs_frost_is_counted()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_runs.Data, "frost")).FullName;
        foreach (var (name, width, height) in new[] { ("frost1.png", 900, 600), ("frost2.png", 560, 315), ("frost3.png", 560, 315), ("frost4.jpg", 527, 350), ("frost5.jpg", 660, 495) })
            File.WriteAllBytes(Path.Combine(folder, name), PngFile.Encode(new RgbImage(width, height, [.. Enumerable.Range(0, width * height * 3).Select(i => (byte)(i * 7))])));
        Assert.Equal(ExitCode.Done, Evaluate("photographs", ["test"], severities: [3]));
        Assert.Equal(15, Results("photographs").Corruptions!.Counted);
        Assert.DoesNotContain(Results("photographs").Corruptions!.Corruptions, c => c.Name == "frost-synthetic");

        File.WriteAllBytes(Path.Combine(folder, "frost3.png"), PngFile.Encode(new RgbImage(9, 9, new byte[243])));
        Assert.Equal(ExitCode.BadRecipe, Evaluate("others", ["frost"]));
        Assert.Contains("frost3.png has 9 x 9 pixels", Message("others"), StringComparison.Ordinal);
    }

    [Fact]
    public void Stored_corruptions_give_the_same_kind_of_figures()
    {
        string[] names = ["fog", "snow", "speckle_noise"];
        SampleGroup[] groups = [.. names.SelectMany((name, k) => Enumerable.Range(0, 5).Select(s => new SampleGroup($"{name}/{s + 1}", (5 * k + s) * 4, 4))), new("frost/1", 60, 4)];
        using (var reader = new SomeShapes(64, [.. Enumerable.Range(0, 10)]) { Groups = groups }) reader.Import(_runs.Data, "stored");
        Assert.Equal(ExitCode.Done, Evaluate("stored", [], set: "stored", limit: null));
        var (results, corruptions) = (Results("stored"), Results("stored").Corruptions!);
        Assert.Equal(CorruptionResults.Stored, corruptions.Source);
        Assert.Equal(["snow", "fog", "speckle-noise"], corruptions.Corruptions.Select(c => c.Name));
        Assert.Equal(results.Groups!.Single(g => g.Name == "fog/4").Clean, corruptions.Corruptions.Single(c => c.Name == "fog").Cells[3]);
        Assert.Equal((2, 15), (corruptions.Counted, corruptions.Of));
        Assert.Null(corruptions.Clean);
    }

    [Fact]
    public void AlexNet_is_1_against_itself()
    {
        var alexnet = CorruptionBaseline.Find("alexnet", "", [1, 2, 3, 4, 5]);
        List<CorruptionRated> rated = [.. alexnet.Errors.Select(e => new CorruptionRated(e.Key, e.Key, "", "test", [], e.Value))];
        var against = CorruptionResults.Summed(CorruptionResults.Made, [1, 2, 3, 4, 5], rated, 1 - alexnet.Clean!.Value).With(alexnet).Against!;
        Assert.Equal((15, 1, 1), (against.Counted, Math.Round(against.Error!.Value, 9), Math.Round(against.Relative!.Value, 9)));
        Assert.Throws<JobFailure>(() => CorruptionBaseline.Find("alexnet", "", [1, 2]));
    }

    private int Evaluate(string name, string[] corruptions, int[]? severities = null, string? baseline = null, int attempt = 1, Action<EventData>? bell = null,
        int batch = 10, string set = Shapes32.Id, int? limit = 24)
    {
        var folder = _runs.Folder(name);
        new JobSpec("evaluate", 2, _runs.Data).Write(folder);
        new EvaluationRequest
        {
            Checkpoint = new Checkpoints(_runs.Folder("trained").Checkpoints).Find(WebLab.Engine.Training.Kept.Last),
            Data = set,
            Limit = limit,
            BatchSize = batch,
            Corruptions = corruptions,
            Severities = severities ?? [1, 2, 3, 4, 5],
            CorruptionBaseline = baseline is null ? null : _runs.Folder(baseline).Path,
        }.Write(folder.Request);
        return Worker.Run(folder, attempt, JobKinds.All, TimeProvider.System, bell, TextWriter.Null);
    }

    private EvaluationResults Results(string name) => JobJson.Read<EvaluationResults>(Path.Combine(_runs.Folder(name).Path, "results.json"));

    private byte[] Kept(string name) => File.ReadAllBytes(Path.Combine(_runs.Folder(name).Path, CorruptionRun.File));

    private string Message(string name) => _runs.Events(name)[^1].Read<Failed>().Message;
}
