using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Attacks;

/// <summary>Options that both forms of APGD share.</summary>
public abstract record StepFreeOptions : AimedOptions
{
    [Description("How the radius is measured.")]
    public Norm Norm { get; init; } = Norm.Linf;

    [Range(1, 10_000), Unit("steps"), Description("Steps per search; the step size finds itself.")]
    public int Steps { get; init; } = 100;

    [Range(1, 1000), Description("Searches from different starts; only samples that are still unbroken are searched again.")]
    public int Restarts { get; init; } = 1;

    [Range(0.0, 1.0), Advanced, Description("The step is halved when fewer than this share of steps since the last check raised the loss (linf and l2).")]
    public double Rho { get; init; } = 0.75;

    [Range(1, 1000), Advanced, Description("Forward passes averaged per gradient, for networks that answer at random.")]
    public int Averaged { get; init; } = 1;

    // Left out where off: recipes from before there was a choice keep their hash.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Advanced, Description("With l1: search within the radius from the start; off: within three times, twice and once the radius for 30, 30 and 40 % of the steps. Other norms always keep to the radius.")]
    public bool FixedRadius { get; init; }

    protected override Norm Measure => Norm;

    public override Effort Effort() => new(Climb: Steps * Restarts * Averaged);

    private protected AutoPgd Of(AttackLoss loss = AttackLoss.CrossEntropy, int targets = 0) => Norm == Norm.L1
        ? new SparseApgd(Eps.Value, Steps, FixedRadius) { StopAtSuccess = StopAtSuccess, Restarts = Restarts, Averaged = Averaged, Loss = loss, Targets = targets, Target = Target }
        : new Apgd(Norm, Eps.Value, Steps, Rho) { StopAtSuccess = StopAtSuccess, Restarts = Restarts, Averaged = Averaged, Loss = loss, Targets = targets, Target = Target };
}

/// <summary>Auto-PGD (Croce and Hein 2020, algorithm 1; for L1 Croce and Hein 2021).</summary>
[Kind("apgd", "APGD", "PGD with momentum that finds its own step size: stronger than PGD at the same cost.", Group = "Iterative",
    Source = "Croce and Hein 2020", Link = "https://arxiv.org/abs/2003.01690")]
public sealed record ApgdOptions : StepFreeOptions
{
    [Description("What the steps climb: cross-entropy, margin, or the difference of logits ratio (dlr, at least 3 classes).")]
    public AttackLoss Loss { get; init; } = AttackLoss.CrossEntropy;

    public override Attack Build() => Of(loss: Loss);
}

/// <summary>Auto-PGD on the targeted difference of logits ratio, one search per target (Croce and Hein 2020).</summary>
[Kind("apgd-t", "APGD-T", "APGD towards each of the most likely wrong classes in turn; needs at least 4 classes.", Group = "Iterative",
    Source = "Croce and Hein 2020", Link = "https://arxiv.org/abs/2003.01690")]
public sealed record TargetedApgdOptions : StepFreeOptions
{
    [Range(1, 999), Description("Target classes: those ranked second, third, ... by the clean logits; at most all but one are used.")]
    public int Targets { get; init; } = 9;

    public override Effort Effort() => base.Effort() * (Target == TargetRule.None ? Targets : 1);

    // Aimed, it is one search on the same loss.
    public override Attack Build() => Target == TargetRule.None ? Of(targets: Targets) : Of(loss: AttackLoss.Dlr);
}
