using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>Where batch norm takes its mean and variance from.</summary>
public enum StatsMode
{
    /// <summary>The running statistics; nothing moves.</summary>
    Running,

    /// <summary>The batch's statistics; nothing moves.</summary>
    Batch,

    /// <summary>The batch's statistics, which also move the running ones of the banks that saw samples.</summary>
    BatchUpdate,
}

/// <summary>Which batch-norm bank serves which part of the batch.</summary>
public readonly record struct Route
{
    private readonly int[]? _chunks;

    private Route(int bank, int[]? chunks) => (Bank, _chunks) = (bank, chunks);

    /// <summary>The bank of the whole batch; meaningless where <see cref="Sizes"/> is given.</summary>
    public int Bank { get; }

    /// <summary>Sizes of contiguous chunks, chunk j for bank j; null where one bank serves all.</summary>
    public IReadOnlyList<int>? Sizes => _chunks;

    /// <summary>The whole batch through one bank; 0 is the main bank.</summary>
    public static Route One(int bank) => new(bank, null);

    /// <summary>The first <c>sizes[0]</c> samples through bank 0, the next <c>sizes[1]</c> through bank 1, and so on.</summary>
    public static Route Chunks(params int[] sizes) => new(0, [.. sizes]);
}

/// <summary>How a network is run this once: there is no train or eval switch to forget.</summary>
public sealed record Pass
{
    /// <summary>Running statistics, main bank, nothing random: what inference and evaluation use.</summary>
    public static readonly Pass Eval = new();

    /// <summary>Dropout and stochastic depth are on; they need <see cref="Draws"/>.</summary>
    public bool Train { get; init; }

    public StatsMode Stats { get; init; } = StatsMode.Running;

    public Route Route { get; init; } = Route.One(0);

    /// <summary>Labels (N int64) for layers that read them in training.</summary>
    public Tensor? Labels { get; init; }

    /// <summary>Where random layers draw from, keyed by the samples of this batch.</summary>
    public Draws? Draws { get; init; }
}
