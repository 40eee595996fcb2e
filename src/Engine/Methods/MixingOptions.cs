using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>Options of a method that trains on clean and attacked images together, for the sake of clean accuracy.</summary>
public abstract record MixingOptions : AdversarialOptions
{
    // Xie et al. 2020: PGD5 with radius 4 and step 1.
    protected MixingOptions() => Attack = new PgdOptions { Eps = Budget.Of255(4), StepSize = Budget.Of255(1), Steps = 5 };

    [Description("Attack towards a random other class instead of away from the true one.")]
    public bool Targeted { get; init; } = true;

    [Range(0.0, 100.0), Advanced, Description("Weight of the cross-entropy on clean images.")]
    public double CleanWeight { get; init; } = 0.5;

    [Range(0.0, 100.0), Advanced, Description("Weight of the cross-entropy on attacked images.")]
    public double AdversarialWeight { get; init; } = 0.5;

    /// <summary>What the attack climbs; the loss of training always uses the true labels.</summary>
    internal Goal Goal(Lesson lesson)
    {
        if (!Targeted) return new Untargeted(lesson.Y, Losses.CrossEntropy);
        var classes = lesson.Network.Shape.Classes;
        var target = lesson.Draws.Composed("targets", d => (lesson.Y + 1 + d.Integers("targets", 0, classes - 1)).remainder(classes));
        return new Targeted(lesson.Y, target, (z, _, t) => -Losses.CrossEntropy(z, t));
    }
}
