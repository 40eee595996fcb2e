using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>What an attack did to each of N samples. The tensors belong to the scope in which the attack was run.</summary>
public sealed record Outcome
{
    /// <summary>The images that were found, N x C x H x W; the clean image where it was misclassified already.</summary>
    public required Tensor X { get; init; }

    /// <summary>Bool: the label of <see cref="X"/> is not the true one (also where the clean image was misclassified).</summary>
    public required Tensor Success { get; init; }

    /// <summary>Bool: the network or its gradient gave NaN or infinity; such a sample is neither broken nor robust.</summary>
    public required Tensor Error { get; init; }

    /// <summary>Label of the clean image, int64.</summary>
    public required Tensor LabelBefore { get; init; }

    /// <summary>Label of <see cref="X"/>, int64.</summary>
    public required Tensor LabelAfter { get; init; }

    /// <summary>The attack's loss at <see cref="X"/>.</summary>
    public required Tensor Loss { get; init; }

    /// <summary>Size of the perturbation in the three norms.</summary>
    public required Tensor Linf { get; init; }

    public required Tensor L2 { get; init; }

    public required Tensor L1 { get; init; }

    /// <summary>Forward passes spent on the sample in the search, int64; 0 where it was misclassified already.</summary>
    public required Tensor Forwards { get; init; }

    /// <summary>Backward passes, int64.</summary>
    public required Tensor Backwards { get; init; }

    /// <summary>The step (over all rounds) at which the sample was first seen broken: 0 on the clean image, -1 never; int64.</summary>
    public required Tensor FirstSuccess { get; init; }

    /// <summary>The round (restart or target) whose point was kept, int64.</summary>
    public required Tensor Round { get; init; }

    /// <summary>Loss of each round's point, rounds x N; NaN where a round passed the sample over.</summary>
    public required Tensor RoundLosses { get; init; }

    internal IEnumerable<Tensor> All =>
        [X, Success, Error, LabelBefore, LabelAfter, Loss, Linf, L2, L1, Forwards, Backwards, FirstSuccess, Round, RoundLosses];
}
