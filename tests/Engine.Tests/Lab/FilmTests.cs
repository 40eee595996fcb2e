using System.Security.Cryptography;
using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lab;
using WebLab.Engine.Methods;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Lab;

public sealed class FilmTests(FilmedRun run) : IClassFixture<FilmedRun>
{
    private const int Images = 3, Side = 32;

    private static readonly string[] Files = ["seen.png", "adversarial.png", "delta.png"];

    public static TheoryData<AttackOptions> Attacks =>
    [
        new PgdOptions { Steps = 70, StopAtSuccess = false },
        new PgdOptions { Steps = 7, Restarts = 3, Target = TargetRule.Given },
        new MomentumOptions { Steps = 8 },
        new ApgdOptions { Steps = 12 },
        new CarliniWagnerOptions { SearchSteps = 3, Steps = 40 },
        new SquareOptions { Queries = 150 },
        new FgsmOptions(),
        new NoiseOptions(),
        new DeepFoolOptions(),
    ];

    /// <summary>Watching changes nothing: the same bytes, figures and losses with a film and without.</summary>
    [Theory, MemberData(nameof(Attacks))]
    public void A_filmed_attack_finds_what_it_finds_unwatched(AttackOptions attack)
    {
        var (plain, filmed) = (Play(attack, 0, "a-"), Play(attack, 60, "b-"));
        Assert.Null(plain.Traces);
        Assert.Equal(JsonSerializer.Serialize(plain.Items, JobJson.Options).Replace("a-", ""), JsonSerializer.Serialize(filmed.Items, JobJson.Options).Replace("b-", ""));
        for (var k = 0; k < Images; k++)
            foreach (var name in Files) Assert.Equal(Hash($"a-{k}-{name}"), Hash($"b-{k}-{name}"));
    }

    [Theory, MemberData(nameof(Attacks))]
    public void A_film_goes_from_the_clean_image_to_the_result_in_at_most_sixty_frames(AttackOptions attack)
    {
        var result = Play(attack, 60, "c-");
        for (var k = 0; k < Images; k++)
        {
            var (item, trace) = (result.Items[k], result.Traces![k]);
            Assert.InRange(trace.Frames.Count, 2, 60);
            Assert.Equal(item.Losses.Count, trace.Looks);
            Assert.Equal((0, 0.0), (trace.Frames[0].Number, trace.Frames[0].Linf));
            Assert.Equal((trace.Looks + 1, item.Linf), (trace.Frames[^1].Number, trace.Frames[^1].Linf));
            Assert.Equal(item.After, trace.Frames[^1].Top);
            Assert.Equal(trace.Frames.Select(f => f.Number).Order().Distinct(), trace.Frames.Select(f => f.Number));
            Assert.Equal(attack is not (SquareOptions or NoiseOptions) && trace.Looks > 0, trace.Frames.Any(f => f.Gradient > 0));
            var strip = PngFile.Decode(File.ReadAllBytes(Path.Combine(run.Data, trace.Film)), ImageLimits.Default with { Side = 10_000 });
            Assert.Equal((trace.Frames.Count * Side, 2 * Side), (strip.Width, strip.Height));
            // The clean image begins the film; its difference is grey all over.
            var seen = PngFile.Decode(File.ReadAllBytes(Path.Combine(run.Data, item.Seen)), ImageLimits.Default);
            Assert.Equal(seen.Pixels[..(Side * 3)], strip.Pixels[..(Side * 3)]);
            Assert.All(strip.Pixels.AsSpan(Side * strip.Width * 3, Side * 3).ToArray(), v => Assert.Equal(128, v));
            Assert.Equal(128 + (4 * 3 * Side * Side), new FileInfo(Path.Combine(run.Data, trace.Float)).Length);
        }
    }

    [Fact]
    public void Steps_are_told_with_a_picture_now_and_then()
    {
        var told = new List<LabStep>();
        Play(new PgdOptions { Steps = 30, StopAtSuccess = false }, 60, "d-", told.Add);
        var first = Assert.IsType<LabStep>(told[0]);
        Assert.All(first.Images, p => Assert.True(p.Frame?.Gradient > 0 && p.Picture is not null));
        Assert.Contains(told, step => step.Images.All(p => p.Picture is null));
    }

    [Fact]
    public void Without_an_attack_the_changed_image_is_what_is_found()
    {
        var changed = Image("changed", 9);
        using var model = run.Open();
        var result = new Theatre(model, Device.Cpu, _ => { }).Play(new LabAttack("", null, [Image("plain", 5) with { Changed = changed.File }], run.Data, 0, 10, 60));
        Assert.Equal(2, result.Traces![0].Frames.Count);
        Assert.True(result.Items[0].Linf > 0);
        Assert.Empty(result.Items[0].Losses);
    }

    private LabResult Play(AttackOptions attack, int frames, string prefix, Action<LabStep>? tell = null)
    {
        using var model = run.Open();
        return new Theatre(model, Device.Cpu, tell ?? (_ => { })).Play(new LabAttack("", JsonSerializer.SerializeToElement(attack, OptionsJson.Canonical),
            [.. Enumerable.Range(0, Images).Select(k => Image($"{k}", k))], run.Data, 3, 10, frames, Prefix: prefix));
    }

    private string Hash(string name) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(run.Data, name))));

    private LabImage Image(string name, int seed)
    {
        var file = Path.Combine(run.Data, name);
        File.WriteAllBytes(file, [.. Enumerable.Range(0, 3 * Side * Side).Select(i => (byte)(i * (seed + 3) / 7))]);
        return new LabImage(file, 3, Side, Side);
    }
}

/// <summary>A tiny network after one epoch.</summary>
public sealed class FilmedRun : IDisposable
{
    private readonly SmallRun _runs = new();

    public FilmedRun() => Assert.Equal(ExitCode.Done, _runs.Train("film", SmallRun.Recipe(new StandardOptions(), epochs: 1)));

    public string Data => _runs.Data;

    public TrainedModel Open() => TrainedModel.Open(new Checkpoints(_runs.Folder("film").Checkpoints).Find(Kept.Last), Device.Cpu);

    public void Dispose() => _runs.Dispose();
}
