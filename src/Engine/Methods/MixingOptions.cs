using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
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

    [Range(0.0, 1.0), Advanced, Description("Chance for each batch that the attack starts where its options say, else at the images themselves; 0.42 repeats the released code, which meant more.")]
    public double StartChance { get; init; } = 1;

    [Range(0, 1_000_000), Advanced, Unit("steps"), Description("Steps at the start of a run whose attacks normalise by batch statistics, without moving any, because running ones are not there yet; about 100 for deep networks.")]
    public int BatchStatsSteps { get; init; }

    /// <summary>The attack, then the clean and the attacked images.</summary>
    public override Effort Effort(ArchitectureOptions model) => Attack.Effort() + new Effort(Learn: 2);

    /// <summary>What the attack climbs; the loss of training always uses the true labels.</summary>
    internal Goal Goal(Lesson lesson)
    {
        if (!Targeted) return new Untargeted(lesson.Y, Losses.CrossEntropy);
        var classes = lesson.Network.Shape.Classes;
        var target = lesson.Draws.Composed("targets", d => (lesson.Y + 1 + d.Integers("targets", 0, classes - 1)).remainder(classes));
        return new Targeted(lesson.Y, target, (z, _, t) => -Losses.CrossEntropy(z, t));
    }
}

/// <summary>Crafts the attacked images of a mixing method.</summary>
internal sealed class MixingAttack(MixingOptions options)
{
    private readonly Attack _attack = options.Attack.Build();
    private readonly Attack _still = AtRest(options.Attack).Build();

    /// <summary>Attacked images, N x C x H x W.</summary>
    /// <param name="lesson">The batch.</param>
    /// <param name="bank">The batch-norm bank that the attack sees.</param>
    /// <param name="centre">What is perturbed; the batch where absent.</param>
    public Tensor Craft(Lesson lesson, int bank = 0, Tensor? centre = null)
    {
        var starts = options.StartChance == 1 || lesson.Draws.Shared().Bernoulli("randomStart", options.StartChance).item<bool>();
        var pass = options.AttackPass(bank);
        if (lesson.Draws.Step < options.BatchStatsSteps) pass = pass with { Stats = StatsMode.Batch };
        return lesson.Craft(starts ? _attack : _still, options.Goal(lesson), pass, centre);
    }

    // Other attacks have no start to choose.
    private static AttackOptions AtRest(AttackOptions attack) => attack switch
    {
        PgdOptions pgd => pgd with { Start = Start.Zero },
        UnprojectedOptions gd => gd with { Start = Start.Zero },
        MarginOptions margin => margin with { Start = Start.Zero },
        _ => attack,
    };
}
