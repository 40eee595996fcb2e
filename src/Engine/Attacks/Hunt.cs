using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>One round of a search: a dense batch of the samples that take part.</summary>
/// <param name="Victim">The network.</param>
/// <param name="X">Clean images, n x C x H x W.</param>
/// <param name="Goal">What is maximised for these samples.</param>
/// <param name="Draws">Chance, keyed by these samples.</param>
/// <param name="Rows">Places of these samples in the batch that the attack was given, n int64.</param>
/// <param name="Round">Restart or target, from 0.</param>
public sealed record Hunt(Victim Victim, Tensor X, Goal Goal, Draws Draws, Tensor Rows, int Round)
{
    /// <summary>Leave out a sample after its first success.</summary>
    public bool Stop { get; init; }

    /// <summary>Logits of the clean images, n x K, where they are known already.</summary>
    public Tensor? Logits { get; init; }

    /// <summary>Logits of the clean images, n x K, by a look where they are not known.</summary>
    public Tensor CleanLogits()
    {
        if (Logits is not null) return Logits;
        using var off = NoGrad.Enter();
        return Goal.Scored(Victim.Logits(X));
    }

    /// <summary>Rounds before this front's first.</summary>
    public int Offset { get; init; }

    /// <summary>The round among those of all fronts.</summary>
    public int Turn => Offset + Round;

    public IStepObserver? Observer { get; init; }
}

/// <summary>What a round found for its n samples.</summary>
/// <param name="X">Images, n x C x H x W.</param>
/// <param name="Forwards">Forward passes spent per sample, int64.</param>
/// <param name="Backwards">Backward passes per sample, int64.</param>
/// <param name="First">Step of the first success, from 1, or -1; int64.</param>
/// <param name="Error">Bool: a value that was not finite turned up.</param>
public sealed record Found(Tensor X, Tensor Forwards, Tensor Backwards, Tensor First, Tensor Error)
{
    /// <summary>A round that had nothing to do: the clean images, no pass spent.</summary>
    public static Found Nothing(Hunt hunt)
    {
        var none = Ops.zeros_like(hunt.Rows);
        return new(hunt.X.clone(), none, none, none - 1, none.ne(0));
    }

    /// <summary>This and what came after it on the same samples: passes add up, the first success stays the first.</summary>
    public Found Plus(Found next) => new(
        next.X,
        Forwards + next.Forwards,
        Backwards + next.Backwards,
        Ops.where(First.lt(0).logical_and(next.First.gt(0)), next.First + Forwards, First),
        Error.logical_or(next.Error));
}
