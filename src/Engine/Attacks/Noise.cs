using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>How noise is drawn.</summary>
public enum NoiseShape
{
    /// <summary>Uniform in [-eps, eps].</summary>
    Uniform,

    /// <summary>-eps or eps.</summary>
    Signs,
}

/// <summary>Random points of the Linf ball, without a look at the gradient; broken if any trial is.</summary>
[Kind("noise", "Noise", "Random perturbations of the same size: whatever noise breaks, an attack must break too.", Group = "Baselines")]
public sealed record NoiseOptions : BudgetedOptions
{
    [Description("uniform: any value up to the radius; signs: the radius or its negative.")]
    public NoiseShape Shape { get; init; } = NoiseShape.Uniform;

    [Range(1, 10_000), Description("Draws per image.")]
    public int Trials { get; init; } = 1;

    protected override Norm Measure => Norm.Linf;

    public override Effort Effort() => new(Look: Trials);

    public override Attack Build() =>
        new GradientAttack(new Ascent(Norm.Linf, Eps.Value, 0, 0, Shape == NoiseShape.Uniform ? Start.Uniform : Start.Signs))
        {
            StopAtSuccess = StopAtSuccess,
            Restarts = Trials,
        };
}
