using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Attacks;

/// <summary>Options that both forms of APGD share.</summary>
public abstract record StepFreeOptions : BudgetedOptions
{
    [Description("How the radius is measured.")]
    public Norm Norm { get; init; } = Norm.Linf;

    [Range(1, 10_000), Unit("steps"), Description("Steps per search; the step size finds itself.")]
    public int Steps { get; init; } = 100;

    [Range(1, 1000), Description("Searches from different starts; only samples that are still unbroken are searched again.")]
    public int Restarts { get; init; } = 1;

    [Range(0.0, 1.0), Advanced, Description("The step is halved when fewer than this share of steps since the last check raised the loss.")]
    public double Rho { get; init; } = 0.75;

    [Range(1, 1000), Advanced, Description("Forward passes averaged per gradient, for networks that answer at random.")]
    public int Averaged { get; init; } = 1;

    protected override Norm Measure => Norm;

    public override Effort Effort() => new(Climb: Steps * Restarts * Averaged);

    public override IEnumerable<Finding> Check() =>
        Norm == Norm.L1 ? base.Check().Append(new("norm", "must be linf or l2; got l1, write \"l2\"")) : base.Check();
}

/// <summary>Auto-PGD (Croce and Hein 2020, algorithm 1).</summary>
[Kind("apgd", "APGD", "PGD with momentum that finds its own step size: stronger than PGD at the same cost.", Group = "Iterative",
    Source = "Croce and Hein 2020", Link = "https://arxiv.org/abs/2003.01690")]
public sealed record ApgdOptions : StepFreeOptions
{
    [Description("What the steps climb: cross-entropy, margin, or the difference of logits ratio (dlr, at least 3 classes).")]
    public AttackLoss Loss { get; init; } = AttackLoss.CrossEntropy;

    public override Attack Build() => new Apgd(Norm, Eps.Value, Steps, Rho)
    {
        StopAtSuccess = StopAtSuccess,
        Restarts = Restarts,
        Averaged = Averaged,
        Loss = Loss,
    };
}

/// <summary>Auto-PGD on the targeted difference of logits ratio, one search per target (Croce and Hein 2020).</summary>
[Kind("apgd-t", "APGD-T", "APGD towards each of the most likely wrong classes in turn; needs at least 4 classes.", Group = "Iterative",
    Source = "Croce and Hein 2020", Link = "https://arxiv.org/abs/2003.01690")]
public sealed record TargetedApgdOptions : StepFreeOptions
{
    [Range(1, 999), Description("Target classes: those ranked second, third, ... by the clean logits; at most all but one are used.")]
    public int Targets { get; init; } = 9;

    public override Effort Effort() => base.Effort() * Targets;

    public override Attack Build() => new Apgd(Norm, Eps.Value, Steps, Rho)
    {
        StopAtSuccess = StopAtSuccess,
        Restarts = Restarts,
        Averaged = Averaged,
        Targets = Targets,
    };
}
