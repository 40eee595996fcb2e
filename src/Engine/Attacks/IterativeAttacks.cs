using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>PGD from the clean image (Kurakin et al. 2017).</summary>
[Kind("bim", "BIM (I-FGSM)", "Repeated small FGSM steps from the clean image: PGD without a random start.", Group = "Iterative",
    Source = "Kurakin et al. 2017", Link = "https://arxiv.org/abs/1607.02533")]
public sealed record BimOptions : SteppedOptions
{
    protected override Norm Measure => Norm.Linf;

    public override Attack Build() =>
        new GradientAttack(new Ascent(Norm.Linf, Eps.Value, StepSize.Value, Steps, Start.Zero)) { StopAtSuccess = StopAtSuccess, Target = Target };
}

/// <summary>Sign steps along a running sum of gradients, each divided by its L1 norm (Dong et al. 2018).</summary>
[Kind("mi-fgsm", "MI-FGSM", "BIM with momentum: perturbations that carry over to other networks better.", Group = "Iterative",
    Source = "Dong et al. 2018", Link = "https://arxiv.org/abs/1710.06081")]
public sealed record MomentumOptions : SteppedOptions
{
    [Range(0.0, 10.0), Description("Share of the sum of earlier gradients that is kept.")]
    public double Decay { get; init; } = 1;

    protected override Norm Measure => Norm.Linf;

    public override Attack Build() => new GradientAttack(new Ascent(Norm.Linf, Eps.Value, StepSize.Value, Steps, Start.Zero) { Decay = Decay })
    {
        StopAtSuccess = StopAtSuccess,
        Target = Target,
    };
}

/// <summary>PGD on the hinge -max(z_y - best other + kappa, 0): "CW" in the tables of adversarial-training papers.</summary>
[Kind("cw-inf", "CW-inf", "PGD on the margin loss: a cheap attack that is often stronger than PGD on cross-entropy.", Group = "Iterative",
    Source = "Madry et al. 2018", Link = "https://arxiv.org/abs/1706.06083")]
public sealed record MarginOptions : SteppedOptions
{
    [Range(0.0, 1e6), Advanced, Description("The loss stops growing once the best other logit leads by this much.")]
    public double Kappa { get; init; } = 50;

    [Description("Where the search begins.")]
    public Start Start { get; init; } = Start.Uniform;

    protected override Norm Measure => Norm.Linf;

    public override Attack Build() => new GradientAttack(new Ascent(Norm.Linf, Eps.Value, StepSize.Value, Steps, Start))
    {
        StopAtSuccess = StopAtSuccess,
        Target = Target,
        Loss = AttackLoss.Margin,
        Kappa = Kappa,
    };
}

/// <summary>What a step goes along.</summary>
public enum Slope
{
    /// <summary>The sign of each value of the gradient.</summary>
    Sign,

    /// <summary>The gradient at an L2 length of 1.</summary>
    Unit,

    /// <summary>The gradient as it is.</summary>
    Raw,
}

/// <summary>
/// Steps without projection on the ball (the attacker "GD" of Xie et al. 2020): the radius bounds the random start alone, and a
/// perturbation by sign steps may reach eps + steps * stepSize. Not to be compared with attacks that keep their radius.
/// </summary>
[Kind("gd", "GD (no projection)", "Gradient steps that may leave the ball: the weakest attacker of AdvProp, for training.", Group = "Iterative",
    Source = "Xie et al. 2020", Link = "https://arxiv.org/abs/1911.09665")]
public sealed record UnprojectedOptions : SteppedOptions
{
    [Description("Where the search begins.")]
    public Start Start { get; init; } = Start.Uniform;

    public override (Norm Norm, Budget Eps)? Bound() => null;

    // Left out where absent: recipes from before there was a choice keep their hash.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Advanced, Description("What a step goes along: the gradient's sign, the gradient at length 1 (unit, over all values) or as it is (raw); stepSize multiplies it. Which one the paper takes is not known. Absent: sign.")]
    public Slope? Slope { get; init; }

    protected override Norm Measure => Norm.Linf;

    /// <summary>A step is bounded where it goes along signs.</summary>
    public override IEnumerable<Finding> Check() => base.Check().Where(f => f.Path != "stepSize" || (Slope ?? Attacks.Slope.Sign) == Attacks.Slope.Sign);

    public override Attack Build() => new GradientAttack(new Ascent(Norm.Linf, Eps.Value, StepSize.Value, Steps, Start) 
    {
        Project = false,
        Along = Slope switch
        {
            Attacks.Slope.Unit => g => g.div(Projections.L2Norm(g).add(1e-10)),
            Attacks.Slope.Raw => g => g,
            _ => null,
        },
    })
    {
        StopAtSuccess = StopAtSuccess,
        Target = Target,
    };
}
