using System.ComponentModel;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>One step of the full radius along the sign of the gradient (L2: along the gradient).</summary>
[Kind("fgsm", "FGSM", "One gradient step of the full radius: the cheapest attack, a weak test of robustness.", Group = "One step",
    Source = "Goodfellow et al. 2015", Link = "https://arxiv.org/abs/1412.6572")]
public sealed record FgsmOptions : AimedOptions
{
    [Description("How the radius is measured.")]
    public Norm Norm { get; init; } = Norm.Linf;

    protected override Norm Measure => Norm;

    public override Effort Effort() => new(Climb: 1);

    public override Attack Build() => new GradientAttack(new Ascent(Norm, Eps.Value, Eps.Value, 1, Start.Zero)) { StopAtSuccess = StopAtSuccess, Target = Target };
}

/// <summary>A random sign step of half the radius, then a gradient step of the other half (Tramer et al. 2018).</summary>
[Kind("r-fgsm", "R+FGSM", "Half the radius in a random direction of signs, the other half along the gradient's sign.", Group = "One step",
    Source = "Tramer et al. 2018", Link = "https://arxiv.org/abs/1705.07204")]
public sealed record RandomFgsmOptions : AimedOptions
{
    protected override Norm Measure => Norm.Linf;

    public override Effort Effort() => new(Climb: 1);

    public override Attack Build() =>
        new GradientAttack(new Ascent(Norm.Linf, Eps.Value, Eps.Value / 2, 1, Start.Signs) { StartRadius = Eps.Value / 2 }) { StopAtSuccess = StopAtSuccess, Target = Target };
}

/// <summary>A uniform start and one step of 1.25 times the radius (Wong et al. 2020).</summary>
[Kind("rs-fgsm", "RS-FGSM", "A uniform random start and one long gradient step: the attack inside fast adversarial training.", Group = "One step",
    Source = "Wong et al. 2020", Link = "https://arxiv.org/abs/2001.03994")]
public sealed record RandomStartFgsmOptions : AimedOptions
{
    [Description("Length of the step; 1.25 times the radius in the paper.")]
    public Budget StepSize { get; init; } = Budget.Of255(10);

    protected override Norm Measure => Norm.Linf;

    public override IEnumerable<Finding> Check() => StepTooLong(StepSize) is { } finding ? base.Check().Append(finding) : base.Check();

    public override Effort Effort() => new(Climb: 1);

    public override Attack Build() =>
        new GradientAttack(new Ascent(Norm.Linf, Eps.Value, StepSize.Value, 1, Start.Uniform)) { StopAtSuccess = StopAtSuccess, Target = Target };
}
