namespace WebLab.Engine.Data;

/// <summary>What an import accepts. The defaults are those of the product; tests use smaller ones.</summary>
public sealed record DatasetLimits
{
    /// <summary>Files in a folder or an archive.</summary>
    public int Files { get; init; } = 500_000;

    /// <summary>Bytes of the archive, of everything unpacked, and of the packed result, each.</summary>
    public long Bytes { get; init; } = 5L << 30;

    /// <summary>Bytes unpacked per byte packed, over the whole archive.</summary>
    public int Ratio { get; init; } = 100;

    /// <summary>An archive smaller than this unpacked is not judged by its ratio.</summary>
    public long RatioFloor { get; init; } = 1 << 20;

    public int Classes { get; init; } = 10_000;

    /// <summary>Rejected files that a manifest names; the rest is only counted.</summary>
    public int RejectionsKept { get; init; } = 200;

    public static DatasetLimits Default { get; } = new();
}
