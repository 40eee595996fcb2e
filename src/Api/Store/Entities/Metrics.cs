namespace WebLab.Api.Store.Entities;

/// <summary>One metric of one run, with its running figures.</summary>
public sealed class MetricSeries
{
    public int Id { get; init; }
    public required string RunId { get; init; }

    /// <summary>A metric name such as <c>probe.pgd10</c>.</summary>
    public required string Key { get; init; }
    public long LastStep { get; set; }
    public double? Min { get; set; }
    public double? Max { get; set; }
    public double? Last { get; set; }
    public int Count { get; set; }
}

/// <summary>Up to <see cref="MaxPoints"/> points of a series: per point step, epoch, seconds (int32) and value (float32, NaN and Inf kept), little endian.</summary>
public sealed class MetricChunk
{
    public const int MaxPoints = 512;

    public int SeriesId { get; init; }
    public int Number { get; init; }
    public long FirstStep { get; set; }
    public long LastStep { get; set; }
    public int Count { get; set; }
    public required byte[] Points { get; set; }
}
