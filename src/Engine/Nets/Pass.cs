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

/// <summary>How a route leads through batch norm.</summary>
public enum RouteKind
{
    /// <summary>What the network answers with: the main bank, or the fused one where it has generators of fusing weights.</summary>
    Own,

    /// <summary>One bank for all.</summary>
    Bank,

    /// <summary>Contiguous chunks, chunk j through bank j.</summary>
    Chunks,

    /// <summary>Banks 0 and 1, added up with one given weight.</summary>
    Blend,

    /// <summary>Banks 0 and 1, added up with the weights that the generators predict for each sample.</summary>
    Fused,
}

/// <summary>Which batch-norm bank serves which part of the batch.</summary>
public readonly record struct Route
{
    /// <summary>What the network answers with; the route of inference.</summary>
    public static readonly Route Own = default;

    /// <summary>Banks 0 and 1 by the weights that the network's generators predict.</summary>
    public static readonly Route Fused = new(RouteKind.Fused);

    private readonly int[]? _chunks;

    private Route(RouteKind kind, int bank = 0, int[]? chunks = null, double weight = 0) =>
        (Kind, Bank, _chunks, Weight) = (kind, bank, chunks, weight);

    public RouteKind Kind { get; }

    /// <summary>The bank of the whole batch, where one bank serves all.</summary>
    public int Bank { get; }

    /// <summary>The weight of bank 1 in a blend, in [0,1]; bank 0 has the rest.</summary>
    public double Weight { get; }

    /// <summary>Sizes of contiguous chunks, chunk j for bank j; null where one bank serves all.</summary>
    public IReadOnlyList<int>? Sizes => _chunks;

    /// <summary>The whole batch through one bank; 0 is the main bank.</summary>
    public static Route One(int bank) => new(RouteKind.Bank, bank);

    /// <summary>The first <c>sizes[0]</c> samples through bank 0, the next <c>sizes[1]</c> through bank 1, and so on.</summary>
    public static Route Chunks(params int[] sizes) => new(RouteKind.Chunks, chunks: [.. sizes]);

    /// <summary>(1 - weight) of bank 0 and weight of bank 1, for all samples and layers; 0 and 1 are the banks themselves.</summary>
    public static Route Blend(double weight) => weight is >= 0 and <= 1 ? new(RouteKind.Blend, weight: weight)
        : throw new ArgumentOutOfRangeException(nameof(weight), weight, "the weight of bank 1 must lie in [0,1]");
}

/// <summary>How a network is run this once: there is no train or eval switch to forget.</summary>
public sealed record Pass
{
    /// <summary>Running statistics, the network's own route and masks, nothing random: what inference and evaluation use.</summary>
    public static readonly Pass Eval = new();

    /// <summary>Dropout and stochastic depth are on; they need <see cref="Draws"/>.</summary>
    public bool Train { get; init; }

    public StatsMode Stats { get; init; } = StatsMode.Running;

    public Route Route { get; init; } = Route.Own;

    /// <summary>How attribution points, where the network has any, choose the rows they multiply channels with.</summary>
    public Masking Masking { get; init; } = Masking.Predicted;

    /// <summary>Labels (N int64) for layers that read them in training.</summary>
    public Tensor? Labels { get; init; }

    /// <summary>Where random layers draw from, keyed by the samples of this batch.</summary>
    public Draws? Draws { get; init; }

    /// <summary>Folded weights for a network that stays as it is; null: layers run one by one.</summary>
    public Folds? Folds { get; init; }

    /// <summary>Collects what layers know beside the logits; null: nobody asks.</summary>
    public Asides? Asides { get; init; }

    /// <summary>Whether each row of the batch is computed from itself alone, by nothing that is counted off along the batch.</summary>
    internal bool RowByRow => this is { Train: false, Stats: StatsMode.Running, Route.Kind: not RouteKind.Chunks, Labels: null, Draws: null, Asides: null };
}
