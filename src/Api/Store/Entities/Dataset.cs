namespace WebLab.Api.Store.Entities;

/// <summary>A data set by name; its contents are its versions.</summary>
public sealed class Dataset
{
    /// <summary>A slug such as <c>cifar10</c>; recipes name it.</summary>
    public required string Id { get; init; }
    public required string Name { get; set; }

    /// <summary><c>builtin</c> or <c>upload</c>.</summary>
    public required string Source { get; set; }
    public string Notes { get; set; } = "";
    public string? CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? TrashedAt { get; set; }
    public long Version { get; set; } = 1;
}

/// <summary>One packed, immutable content of a data set, under <c>datasets/ID/VERSION</c>.</summary>
public sealed class DatasetVersion
{
    public required string DatasetId { get; init; }

    /// <summary>Folder name; recipes may pin it.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the content, from the manifest.</summary>
    public required string Sha256 { get; set; }
    public int TrainCount { get; set; }
    public int TestCount { get; set; }
    public int Channels { get; set; }
    public int Height { get; set; }
    public int Width { get; set; }
    public long Bytes { get; set; }

    /// <summary>The whole manifest: classes, counts per class, mean and standard deviation, licence note.</summary>
    public required string ManifestJson { get; set; }
    public string? CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A resumable upload; its bytes lie under <c>uploads/ID</c>.</summary>
public sealed class Upload
{
    public required string Id { get; init; }
    public required string DatasetId { get; init; }

    /// <summary>Display only, never part of a path.</summary>
    public required string FileName { get; set; }
    public long ExpectedBytes { get; set; }
    public long ReceivedBytes { get; set; }

    /// <summary><c>open</c>, <c>complete</c>, <c>imported</c> or <c>rejected</c>.</summary>
    public string State { get; set; } = "open";

    /// <summary>The import's run, once it is queued.</summary>
    public string? RunId { get; set; }
    public string? Report { get; set; }
    public string? CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; set; }
}
