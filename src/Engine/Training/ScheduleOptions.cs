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

/// <summary>The warm-up's factor in step i of n, from 0.</summary>
public enum WarmupRule
{
    /// <summary>(i + 1) / n: no step at a rate of nothing.</summary>
    PastZero,

    /// <summary>i / n, from exactly nothing to just below the full rate (EfficientNet's released code).</summary>
    BelowFull,

    /// <summary>i / (n - 1), from exactly nothing to exactly the full rate (ALFA's released code).</summary>
    ZeroToFull,
}

/// <summary>Options of a learning-rate schedule.</summary>
public abstract record ScheduleOptions : Options
{
    [Range(0.0, 10_000), Unit("epochs"), Advanced, Description("Epochs in which the rate first rises linearly from nothing; fractions are allowed.")]
    public double WarmupEpochs { get; init; }

    [Advanced, Description("Factor in step i of the n warm-up steps: past-zero (i+1)/n, below-full i/n (EfficientNet), zero-to-full i/(n-1) (ALFA); the last two start at exactly 0.")]
    public WarmupRule WarmupRule { get; init; } = WarmupRule.PastZero;

    /// <summary>The factor on the optimiser's <c>lr</c> for the step that comes next.</summary>
    public double Factor(Place place)
    {
        var warmup = WarmupEpochs * place.StepsPerEpoch;
        return Shape(place, warmup) * (place.Step < warmup ? Warmth(place.Step, warmup) : 1);
    }

    private double Warmth(long i, double n) => WarmupRule switch
    {
        WarmupRule.BelowFull => i / n,
        WarmupRule.ZeroToFull => n <= 1 ? 1 : Math.Min(1, i / (n - 1)),
        _ => Math.Min(1, (i + 1) / n),
    };

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

    [Range(0.0, 100.0), Advanced, Description("Factors on the full rate: from the start, then from each milestone on, one more than there are milestones; FAT has 1, 0.1, 0.01, 0.005. Empty: powers of gamma.")]
    public IReadOnlyList<double> Factors { get; init; } = [];

    public override IEnumerable<Finding> Check()
    {
        if (Factors.Count > 0 && Factors.Count != Milestones.Count + 1)
            yield return new("factors", $"wanted {Milestones.Count + 1}, one from the start and one per milestone; got {Factors.Count}");
        for (var i = 1; i < Milestones.Count; i++)
            if (First(i) >= 1 == First(i - 1) >= 1 && First(i) <= First(i - 1))
                yield return new("milestones", $"must rise; got {First(i - 1)} before {First(i)}");
        double First(int i) => Milestones[i];
    }

    protected override double Shape(Place place, double warmup)
    {
        var passed = Milestones.Count(m => m < 1 ? place.Step >= m * place.Steps : place.Epoch >= m);
        return Factors.Count > 0 ? Factors[passed] : Math.Pow(Gamma, passed);
    }
}

[Kind("exponential", "Exponential", "The rate falls by the same factor again and again, in stairs or smoothly.", Source = "Tan & Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record ExponentialOptions : ScheduleOptions
{
    [Range(0.0, 1.0), Description("Factor on the rate after every period.")]
    public double Gamma { get; init; } = 0.97;

    [Range(1e-3, 10_000), Unit("epochs"), Description("Length of a period, counted from the start of the run, warm-up included; fractions are allowed.")]
    public double EveryEpochs { get; init; } = 2.4;

    [Description("Fall at the end of each period; off: a little in every step.")]
    public bool Staircase { get; init; } = true;

    protected override double Shape(Place place, double warmup)
    {
        if (place.Step < warmup) return 1;
        var periods = place.Step / (EveryEpochs * place.StepsPerEpoch);
        return Math.Pow(Gamma, Staircase ? Math.Floor(periods) : periods);
    }
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
