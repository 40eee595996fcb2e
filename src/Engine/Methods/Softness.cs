using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>How soft the labels may be that a method's loss takes.</summary>
public enum Softness
{
    /// <summary>One class each: the loss needs the class itself, or has a smoothing of its own.</summary>
    Hard,

    /// <summary>One class with a little of every other.</summary>
    Smoothed,

    /// <summary>Two classes by shares, smoothed too.</summary>
    Mixed,
}

/// <summary>The second labels of mixed images.</summary>
/// <param name="Labels">N int64.</param>
/// <param name="Share">Weight of the loss on the first labels in [0.5, 1]; these have the rest.</param>
public sealed record Mixture(Tensor Labels, double Share);
