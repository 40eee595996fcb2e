using System.Security.Cryptography;
using System.Text.Json;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Training;

/// <summary><c>manifest.json</c> of a checkpoint: what it is and the hashes its files must have. It holds no time and no
/// attempt number, so equal training gives equal bytes.</summary>
public sealed record CheckpointManifest
{
    public const string FileName = "manifest.json";

    public int Format { get; init; } = 1;

    public required string Name { get; init; }

    /// <summary>Epochs begun, 1-based.</summary>
    public required int Epoch { get; init; }

    /// <summary>Optimiser steps done.</summary>
    public required long Step { get; init; }

    /// <summary>SHA-256 of the recipe that trains it.</summary>
    public required string RecipeHash { get; init; }

    /// <summary>The <c>model</c> object of the recipe.</summary>
    public required JsonElement Model { get; init; }

    /// <summary>What the network was built for.</summary>
    public required NetShape Shape { get; init; }

    public required CheckpointData Data { get; init; }

    /// <summary>Where training stands; what is not a tensor and yet decides how it goes on.</summary>
    public required Position Position { get; init; }

    public required IReadOnlyList<CheckpointFile> Files { get; init; }

    /// <summary>SHA-256 of this object's JSON with this field empty.</summary>
    public string Check { get; init; } = "";

    /// <summary>Equal for equal training: a hash over weights and state, not over times.</summary>
    public string StateHash() => Convert.ToHexStringLower(SHA256.HashData(JobJson.Bytes(Files)));

    internal byte[] Sealed() => JobJson.Bytes(this with { Check = Seal() });

    /// <summary>Reads and verifies a manifest, not the files it names.</summary>
    /// <exception cref="InvalidDataException">Missing, damaged, or of a later format.</exception>
    internal static CheckpointManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new InvalidDataException($"{path} is missing");
        try
        {
            var bytes = File.ReadAllBytes(path);
            var read = JsonSerializer.Deserialize<CheckpointManifest>(bytes, JobJson.Options);
            if (read is not { Format: 1 }) throw new InvalidDataException($"{path}: format {read?.Format} is unknown; this program reads 1");
            if (!read.Sealed().AsSpan().SequenceEqual(bytes)) throw new InvalidDataException($"{path} is damaged: its own SHA-256 does not fit");
            return read;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is damaged: {e.Message}");
        }
    }

    private string Seal() => Convert.ToHexStringLower(SHA256.HashData(JobJson.Bytes(this with { Check = "" })));
}

/// <summary>The data set a checkpoint was trained on.</summary>
/// <param name="Classes">Names of the classes, in order of the logits.</param>
/// <param name="Height">Of the images as they are stored.</param>
/// <param name="Crop">Side of their middle square, which is what the network sees; absent: all of them.</param>
/// <param name="ClassIds">Ids of the classes, where <paramref name="Classes"/> are names for people.</param>
public sealed record CheckpointData(string Id, string Version, IReadOnlyList<string> Classes, int Height, int Width, int? Crop = null,
    IReadOnlyList<string>? ClassIds = null)
{
    public static CheckpointData Of(DatasetManifest of, int? crop = null) => new(of.Id, of.Version, of.Classes, of.Shape.Height, of.Shape.Width, crop, of.ClassIds);
}

/// <param name="Sha256">Lower-case hex.</param>
public sealed record CheckpointFile(string Name, long Bytes, string Sha256);

/// <summary>Where a run stands between two optimiser steps.</summary>
public sealed record Position
{
    /// <summary>1-based; the epoch that the next step belongs to.</summary>
    public int Epoch { get; init; } = 1;

    /// <summary>Batches of this epoch that are done.</summary>
    public int Batch { get; init; }

    /// <summary>Optimiser steps done.</summary>
    public long Step { get; init; }

    /// <summary>What this epoch has added up so far.</summary>
    public Tally Tally { get; init; } = new();

    /// <summary>What the current interval between two metric points has added up.</summary>
    public Tally Recent { get; init; } = new();

    /// <summary>Best probe so far by robust accuracy, clean as tie-break.</summary>
    public Score? BestRobust { get; init; }

    /// <summary>Best probe so far by clean accuracy, robust as tie-break.</summary>
    public Score? BestClean { get; init; }

    /// <summary>True after a breakdown: the weights are those of the epoch before, and no epoch follows.</summary>
    public bool? BrokeDown { get; init; }
}

/// <summary>Sums over batches.</summary>
/// <param name="Images">Images seen.</param>
/// <param name="Loss">Sum of losses, each times its images.</param>
/// <param name="CleanSeen">Images whose clean logits the method computed.</param>
/// <param name="AdversarialSeen">Images whose adversarial logits the method computed.</param>
/// <param name="Attacked">Images whose number of attack steps the method chose; absent for other methods.</param>
/// <param name="AttackSteps">Their attack steps.</param>
/// <param name="Means">What the method tells of its own, such as <c>loss.adv</c>, in order of name; absent: nothing.</param>
public sealed record Tally(long Images = 0, double Loss = 0, long CleanSeen = 0, long CleanRight = 0, long AdversarialSeen = 0,
    long AdversarialRight = 0, long? Attacked = null, long? AttackSteps = null, IReadOnlyDictionary<string, Mean>? Means = null)
{
    public static Tally operator +(Tally a, Tally b) => new(a.Images + b.Images, a.Loss + b.Loss,
        a.CleanSeen + b.CleanSeen, a.CleanRight + b.CleanRight, a.AdversarialSeen + b.AdversarialSeen, a.AdversarialRight + b.AdversarialRight,
        Sum(a.Attacked, b.Attacked), Sum(a.AttackSteps, b.AttackSteps), Sum(a.Means, b.Means));

    /// <summary>One mean over some images.</summary>
    public static Tally Of(string name, double mean, long images) => new(Means: new Dictionary<string, Mean> { [name] = new(mean * images, images) });

    /// <summary>As metrics: <c>train.loss</c>, and accuracies of what was computed.</summary>
    public Dictionary<string, double> Values(double lr)
    {
        var values = new Dictionary<string, double> { ["lr"] = lr };
        if (Images > 0) values["train.loss"] = Loss / Images;
        if (CleanSeen > 0) values["train.accuracy"] = (double)CleanRight / CleanSeen;
        if (AdversarialSeen > 0) values["train.robustAccuracy"] = (double)AdversarialRight / AdversarialSeen;
        if (Attacked > 0) values["train.attackSteps"] = (double)AttackSteps! / (double)Attacked;
        foreach (var (name, mean) in Means ?? new Dictionary<string, Mean>()) values[$"train.{name}"] = mean.Sum / mean.Images;
        return values;
    }

    private static long? Sum(long? a, long? b) => a is null ? b : a + (b ?? 0);

    private static IReadOnlyDictionary<string, Mean>? Sum(IReadOnlyDictionary<string, Mean>? a, IReadOnlyDictionary<string, Mean>? b)
    {
        if (a is null || b is null) return a ?? b;
        var sums = new SortedDictionary<string, Mean>(a.ToDictionary(), StringComparer.Ordinal);
        foreach (var (name, mean) in b) sums[name] = sums.TryGetValue(name, out var other) ? new(other.Sum + mean.Sum, other.Images + mean.Images) : mean;
        return sums;
    }
}

/// <summary>A mean in the making.</summary>
/// <param name="Sum">Sum of values, each times its images.</param>
public sealed record Mean(double Sum, long Images);

/// <summary>Accuracies in [0,1] of one probe.</summary>
public sealed record Score(double Clean, double Robust)
{
    public bool MoreRobustThan(Score? other) => other is null || Robust > other.Robust || (Robust == other.Robust && Clean > other.Clean);

    public bool CleanerThan(Score? other) => other is null || Clean > other.Clean || (Clean == other.Clean && Robust > other.Robust);
}
