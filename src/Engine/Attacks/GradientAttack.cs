using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>Which class a targeted attack aims at.</summary>
public enum TargetRule
{
    /// <summary>Untargeted: away from the true class.</summary>
    None,

    /// <summary>Targets handed over with the images.</summary>
    Given,

    /// <summary>A random class other than the true one.</summary>
    Random,

    /// <summary>The class with the smallest clean logit, other than the true one.</summary>
    LeastLikely,

    /// <summary>The class after the true one, cyclically.</summary>
    Next,
}

/// <summary>What gradient attacks climb.</summary>
public enum AttackLoss
{
    CrossEntropy,

    /// <summary>Largest other logit minus the true one.</summary>
    Margin,

    /// <summary>Difference of logits ratio: margin over the spread of the top logits; needs 3 classes, targeted 4.</summary>
    Dlr,
}

/// <summary>Gradient ascent with restarts on a loss of logits.</summary>
internal sealed class GradientAttack(Ascent ascent) : Attack
{
    public override int Rounds => Restarts;

    public override bool Climbs => ascent.Steps > 0;

    public int Restarts { get; init; } = 1;

    public AttackLoss Loss { get; init; } = AttackLoss.CrossEntropy;

    /// <summary>Constant of the hinge; null: the plain margin.</summary>
    public double? Kappa { get; init; }

    public TargetRule Target { get; init; } = TargetRule.None;

    /// <summary>The untargeted loss of logits and labels; kappa turns the margin into the hinge.</summary>
    internal static Func<Tensor, Tensor, Tensor> LossOf(AttackLoss loss, double? kappa) => loss switch
    {
        AttackLoss.CrossEntropy => Losses.CrossEntropy,
        AttackLoss.Dlr => Losses.Dlr,
        _ => kappa is { } k ? (z, y) => Losses.Hinge(z, y, k) : Losses.Margin,
    };

    protected internal override Found Search(Hunt hunt) => ascent.Run(hunt);

    /// <summary>The goal of leading samples to given classes (n int64) on a loss.</summary>
    internal static Goal Towards(Tensor target, Tensor y, AttackLoss loss) => new Targeted(y, target, loss switch
    {
        AttackLoss.CrossEntropy => (z, _, t) => -Losses.CrossEntropy(z, t),
        AttackLoss.Dlr => Losses.DlrTargeted,
        _ => (z, _, t) => -Losses.Margin(z, t),
    });

    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round) =>
        Target == TargetRule.None ? new Untargeted(y, LossOf(Loss, Kappa)) : Towards(Targets.Of(Target, y, targets, logits, draws), y, Loss);
}
