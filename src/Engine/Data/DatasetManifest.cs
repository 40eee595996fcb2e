using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebLab.Engine.Data;

/// <summary>Size of one image. Pixels lie plane by plane (C x H x W), one byte each.</summary>
public sealed record ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Bytes of one image.</summary>
    [JsonIgnore]
    public int Bytes => Channels * Height * Width;

    public override string ToString() => $"{Channels}x{Height}x{Width}";
}

/// <summary>A file of a packed data set, named relative to its folder.</summary>
/// <param name="Sha256">Lower-case hex.</param>
public sealed record PackedFile(string Name, long Bytes, string Sha256);

/// <summary>One split: N images and N labels.</summary>
/// <param name="Images">N x C x H x W bytes.</param>
/// <param name="Labels">N little-endian 16-bit class indices.</param>
/// <param name="PerClass">Images of each class, in class order.</param>
public sealed record PackedSplitFiles(int Count, IReadOnlyList<int> PerClass, PackedFile Images, PackedFile Labels);

/// <summary>Samples of the test split that follow each other and belong together.</summary>
/// <param name="Name">Unique, such as <c>fog/3</c>.</param>
/// <param name="First">Index of the first.</param>
public sealed record SampleGroup(string Name, int First, int Count);

/// <summary>A file that an import left out, and why.</summary>
public sealed record RejectedFile(string Name, string Reason);

/// <summary><c>manifest.json</c> of a packed data set: what it is, and the hashes that its files must have.</summary>
public sealed record DatasetManifest
{
    public const string FileName = "manifest.json";

    /// <summary>Version of this layout.</summary>
    public int Format { get; init; } = 1;

    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The first 16 hex digits of <see cref="Sha256"/>; also the folder's name.</summary>
    public required string Version { get; init; }

    /// <summary>SHA-256 (hex) over shape, classes, counts and file hashes: equal hashes mean equal images, labels and order.</summary>
    public required string Sha256 { get; init; }

    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Ids of the classes, such as WordNet's n01440764, where <see cref="Classes"/> are names for people; absent: the names are the ids.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? ClassIds { get; init; }

    /// <summary>Parts of the test split that can be evaluated alone; absent: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SampleGroup>? Groups { get; init; }

    public required ImageShape Shape { get; init; }

    /// <summary>Mean of each channel over the training split (of a set without one, over the test split), pixels in [0,1].</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>Standard deviation (population) of each channel over the same split, pixels in [0,1].</summary>
    public required IReadOnlyList<double> Std { get; init; }

    public required PackedSplitFiles Train { get; init; }

    public required PackedSplitFiles Test { get; init; }

    /// <summary>Terms of use, as far as known.</summary>
    public string Licence { get; init; } = "";

    /// <summary>Where the images came from.</summary>
    public string Source { get; init; } = "";

    public required DateTimeOffset ImportedAt { get; init; }

    /// <summary>How many files the import left out.</summary>
    public int RejectedCount { get; init; }

    /// <summary>The first of the files left out, at most <see cref="DatasetLimits.RejectionsKept"/>.</summary>
    public IReadOnlyList<RejectedFile> Rejected { get; init; } = [];

    /// <summary>Bytes of all files together, the manifest not counted.</summary>
    public long Bytes => Train.Images.Bytes + Train.Labels.Bytes + Test.Images.Bytes + Test.Labels.Bytes;

    /// <summary>It has no training images: networks can be evaluated on it, not trained.</summary>
    [JsonIgnore]
    public bool TestOnly => Train.Count == 0;

    /// <summary>The group of this name, or all below it: <c>fog/3</c>, or <c>fog</c> for its five severities.</summary>
    public IReadOnlyList<SampleGroup> GroupsNamed(string name) => [.. (Groups ?? []).Where(g => g.Name == name || g.Name.StartsWith(name + "/", StringComparison.Ordinal))];

    public PackedSplitFiles Of(Split split) => split == Split.Train ? Train : Test;

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

/// <summary>The two parts of a data set.</summary>
public enum Split
{
    Train,
    Test,
}
