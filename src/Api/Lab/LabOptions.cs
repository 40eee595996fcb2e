using System.ComponentModel.DataAnnotations;

namespace WebLab.Api.Lab;

/// <summary>Configuration section <c>WebLab:Lab</c>.</summary>
public sealed class LabOptions
{
    /// <summary>Seconds that an attack may compute, counted from its first step.</summary>
    [Range(1, 600)]
    public double AttackSeconds { get; set; } = 10;

    /// <summary>Seconds until the first step: start of the worker and loading of the network.</summary>
    [Range(1, 600)]
    public double StartSeconds { get; set; } = 40;

    /// <summary>Seconds without a request after which the worker ends.</summary>
    [Range(1, 86_400)]
    public double IdleSeconds { get; set; } = 300;

    /// <summary>Steps times restarts of one attack.</summary>
    [Range(1, 100_000)]
    public int MaxSteps { get; set; } = 200;

    /// <summary>Images of one request.</summary>
    [Range(1, 64)]
    public int MaxImages { get; set; } = 8;

    /// <summary>Networks of one board.</summary>
    [Range(1, 16)]
    public int MaxNetworks { get; set; } = 4;

    /// <summary>Pictures of one batch.</summary>
    [Range(1, 4096)]
    public int MaxBatch { get; set; } = 256;

    /// <summary>Pictures that go to the worker at once; between them others have their turn.</summary>
    [Range(1, 64)]
    public int ChunkImages { get; set; } = 8;

    /// <summary>Frames kept of an attack on one picture.</summary>
    [Range(2, 1000)]
    public int Frames { get; set; } = 60;

    /// <summary>Seconds that a board may take, waiting included.</summary>
    [Range(1, 86_400)]
    public double BoardSeconds { get; set; } = 180;

    /// <summary>The same of a batch.</summary>
    [Range(1, 86_400)]
    public double BatchSeconds { get; set; } = 900;

    /// <summary>Requests that may wait for the worker.</summary>
    [Range(0, 1000)]
    public int MaxWaiting { get; set; } = 4;

    /// <summary>Bytes of networks that the worker keeps warm.</summary>
    [Range(0, long.MaxValue)]
    public long ModelBytes { get; set; } = 1L << 30;

    /// <summary>Resident size above which the worker lets networks go, or ends.</summary>
    [Range(1 << 28, long.MaxValue)]
    public long ResidentBytes { get; set; } = 4L << 30;

    /// <summary>Hours for which results are kept.</summary>
    [Range(0.01, 8760)]
    public double KeepHours { get; set; } = 24;

    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    [RegularExpression("auto|cpu|cuda(:[0-9]+)?")]
    public string Device { get; set; } = "auto";
}
