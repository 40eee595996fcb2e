using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Training;

/// <summary>Where a run stands when a learning rate is asked for.</summary>
/// <param name="Step">Optimiser steps done, from 0.</param>
/// <param name="StepsPerEpoch">Optimiser steps of one epoch, at least 1.</param>
/// <param name="Epochs">Epochs of the whole run.</param>
public readonly record struct Place(long Step, long StepsPerEpoch, int Epochs)
{
    /// <summary>Optimiser steps of the whole run.</summary>
    public long Steps => StepsPerEpoch * Epochs;

    /// <summary>1-based.</summary>
    public long Epoch => Step / StepsPerEpoch + 1;
}

/// <summary>Options of a learning-rate schedule.</summary>
public abstract record ScheduleOptions : Options
{
    [Range(0.0, 10_000), Unit("epochs"), Advanced, Description("Epochs in which the rate first rises linearly from nothing; fractions are allowed.")]
    public double WarmupEpochs { get; init; }

    /// <summary>The factor on the optimiser's <c>lr</c> for the step that comes next.</summary>
    public double Factor(Place place)
    {
        var warmup = WarmupEpochs * place.StepsPerEpoch;
        return Shape(place, warmup) * (place.Step < warmup ? Math.Min(1, (place.Step + 1) / warmup) : 1);
    }

    /// <summary>The factor without the warm-up's own.</summary>
    /// <param name="place">The step that comes next.</param>
    /// <param name="warmup">Steps of the warm-up.</param>
    protected abstract double Shape(Place place, double warmup);
}

[Kind("constant", "Constant", "The same rate throughout.")]
public sealed record ConstantOptions : ScheduleOptions
{
    protected override double Shape(Place place, double warmup) => 1;
}

[Kind("piecewise", "Piecewise", "The rate drops by a factor at milestones.", Source = "Rice et al. 2020")]
public sealed record PiecewiseOptions : ScheduleOptions
{
    [Range(0.0, 10_000), Description("Where the rate drops: below 1 a fraction of the run, otherwise the first epoch (1-based) at the lower rate.")]
    public IReadOnlyList<double> Milestones { get; init; } = [0.5, 0.75];

    [Range(0.0, 1.0), Description("Factor at each milestone.")]
    public double Gamma { get; init; } = 0.1;

    public override IEnumerable<Finding> Check()
    {
        for (var i = 1; i < Milestones.Count; i++)
            if (First(i) >= 1 == First(i - 1) >= 1 && First(i) <= First(i - 1))
                yield return new("milestones", $"must rise; got {First(i - 1)} before {First(i)}");
        double First(int i) => Milestones[i];
    }

    protected override double Shape(Place place, double warmup) =>
        Math.Pow(Gamma, Milestones.Count(m => m < 1 ? place.Step >= m * place.Steps : place.Epoch >= m));
}

[Kind("cosine", "Cosine", "Half a cosine from the full rate down to the floor.", Source = "Loshchilov & Hutter 2017", Link = "https://arxiv.org/abs/1608.03983")]
public sealed record CosineOptions : ScheduleOptions
{
    [Range(0.0, 1.0), Advanced, Description("Share of the rate that is left at the end.")]
    public double Floor { get; init; }

    protected override double Shape(Place place, double warmup)
    {
        if (place.Step < warmup) return 1;
        var t = (place.Step - warmup) / Math.Max(1, place.Steps - warmup);
        return Floor + (1 - Floor) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, t)));
    }
}

[Kind("one-cycle", "One cycle", "Up in a straight line, then down in one.", Source = "Smith 2018; Wong et al. 2020", Link = "https://arxiv.org/abs/2001.03994")]
public sealed record OneCycleOptions : ScheduleOptions
{
    [Range(0.01, 0.99), Description("Share of the run after which the full rate is reached.")]
    public double Peak { get; init; } = 0.5;

    protected override double Shape(Place place, double warmup)
    {
        var t = (double)place.Step / place.Steps;
        return t < Peak ? t / Peak : Math.Max(0, (1 - t) / (1 - Peak));
    }
}
