using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>Chooses the class a targeted attack aims at.</summary>
internal static class Targets
{
    /// <param name="rule">The rule.</param>
    /// <param name="y">True labels, n int64.</param>
    /// <param name="given">Targets that came with the images.</param>
    /// <param name="logits">Logits of the clean images, n x K.</param>
    /// <param name="draws">Chance.</param>
    /// <returns>n int64, never the true label (given targets are the caller's).</returns>
    public static Tensor Of(TargetRule rule, Tensor y, Tensor? given, Tensor logits, Draws draws)
    {
        var classes = logits.shape[1];
        return rule switch
        {
            TargetRule.Given => given ?? throw new ArgumentException("the attack aims at given targets, but none came with the images"),
            TargetRule.LeastLikely => logits.scatter(1, y.unsqueeze(1), double.PositiveInfinity).argmin(1),
            TargetRule.Next => (y + 1).remainder(classes),
            TargetRule.Random => (y + 1 + draws.Integers("targets", 0, classes - 1)).remainder(classes),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "no class to aim at"),
        };
    }
}
