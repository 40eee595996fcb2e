using WebLab.Engine.Attacks;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Evaluations;

/// <summary>How far the worst case of a battery can be trusted.</summary>
public enum GradeLevel
{
    /// <summary>No attack at all.</summary>
    None,

    /// <summary>Attacks that nobody defends against.</summary>
    Weak,

    /// <summary>An upper bound of robust accuracy: a stronger attack may break more.</summary>
    Bound,

    /// <summary>The ensemble that published figures are measured with, in full.</summary>
    Complete,
}

/// <summary>What a robust accuracy may be called, by the attacks behind it.</summary>
/// <param name="Title">For a badge, such as <c>AutoAttack standard, complete</c>.</param>
/// <param name="Note">One sentence on what the figure is.</param>
/// <param name="Budget">The balls of the attacks, such as <c>L∞ 8/255</c>; empty for attacks without one.</param>
public sealed record BatteryGrade(GradeLevel Level, string Title, string Note, string Budget)
{
    /// <param name="battery">In its order; an ensemble counts as its parts.</param>
    /// <param name="precision">Of the forward passes.</param>
    public static BatteryGrade Of(IReadOnlyList<AttackOptions> battery, Precision precision = Precision.Fp32)
    {
        IReadOnlyList<AttackOptions> attacks = [.. EvaluationStage.Of(battery).Select(s => s.Options)];
        var bounds = attacks.Select(Ball).OfType<(Norm Norm, Budget Eps)>().DistinctBy(b => (b.Norm, b.Eps.Value)).ToList();
        var budget = string.Join(", ", bounds.Select(b => $"{Word(b.Norm)} {b.Eps}"));
        BatteryGrade Grade(GradeLevel level, string title, string note) => new(level, title, note, budget);
        if (attacks.Count == 0) return Grade(GradeLevel.None, "Clean accuracy only", "No attack was made.");
        if (attacks.Any(a => Ball(a) is null)) return Grade(GradeLevel.Bound, bounds.Count > 0 ? "With attacks of any size" : "No radius",
            "An attack without a radius changes an image as much as it needs, so its success says how near the boundary lies, not that a budget was kept.");
        if (bounds.Count > 1) return Grade(GradeLevel.Bound, "Several budgets", "The worst case counts an image as broken when any of these budgets suffices.");
        if (Full(attacks) is { } version) return precision == Precision.Fp32
            ? Grade(GradeLevel.Complete, $"AutoAttack {version}, complete", "All attacks of the ensemble ran with their published steps; comparable with published AutoAttack figures for this radius.")
            : Grade(GradeLevel.Bound, $"AutoAttack {version}, in low precision", "The ensemble is complete, but published figures are measured in fp32.");
        if (attacks.All(a => a is NoiseOptions)) return Grade(GradeLevel.Weak, "Random noise only", "Noise is no attack: nearly every network stands it.");
        if (attacks.All(a => a is NoiseOptions or TransferOptions)) return Grade(GradeLevel.Weak, "Crafted elsewhere: far above the truth",
            "Images crafted on another network miss most of what an attack on this one finds.");
        if (attacks.All(a => a is NoiseOptions || OneStep(a))) return Grade(GradeLevel.Weak, "One step only: far above the truth",
            "Networks can learn to stand one-step attacks and nothing else; an iterative attack usually breaks far more.");
        if (attacks.Any(a => a is StepFreeOptions or BoundaryOptions or SquareOptions))
            return Grade(GradeLevel.Bound, "Part of AutoAttack: an upper bound", "Not the whole ensemble with its published steps, so not to be called AutoAttack accuracy.");
        return attacks.All(a => a is NoiseOptions or PgdOptions or BimOptions || OneStep(a))
            ? Grade(GradeLevel.Bound, "PGD only: an upper bound", "A stronger attack, such as AutoAttack, may break more; often by some points.")
            : Grade(GradeLevel.Bound, "Own battery: an upper bound", "A stronger attack, such as AutoAttack, may break more.");
    }

    private static (Norm Norm, Budget Eps)? Ball(AttackOptions attack) => attack is TransferOptions transfer ? Ball(transfer.Attack) : (attack as BudgetedOptions)?.Bound();

    private static bool OneStep(AttackOptions attack) => attack is FgsmOptions or RandomFgsmOptions or RandomStartFgsmOptions or SteppedOptions { Steps: <= 1 };

    // standard or plus, when all of its attacks are there with their steps; others beside them take nothing away.
    private static string? Full(IReadOnlyList<AttackOptions> attacks)
    {
        var plain = attacks.Select(a => a with { StopAtSuccess = true }).ToList();
        var (norm, eps) = Ball(attacks[0])!.Value;
        foreach (var version in new[] { AutoAttackVersion.Plus, AutoAttackVersion.Standard })
        {
            // A radius may be written in several ways; each attack is asked for with its own.
            bool Has(AttackOptions part) => plain.Any(a => a == part || a == (AttackOptions)Written(part, Ball(a)!.Value.Eps));
            var whole = new AutoAttackOptions { Version = version, Norm = norm, Eps = eps };
            if (whole.Parts().All(Has)) return version.ToString().ToLowerInvariant();
        }

        return null;
    }

    private static BudgetedOptions Written(AttackOptions part, Budget eps) => (BudgetedOptions)part with { Eps = eps };

    private static string Word(Norm norm) => norm switch { Norm.Linf => "L∞", Norm.L2 => "L2", _ => "L1" };
}
