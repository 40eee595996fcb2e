using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Attacks;

/// <summary>Options of an attack.</summary>
public abstract record AttackOptions : Options
{
    [Advanced, Description("Leave a sample out of the search after its first success. Off: every sample goes through all steps. Training always goes through all steps.")]
    public bool StopAtSuccess { get; init; } = true;

    /// <summary>The attack itself; the options have been checked.</summary>
    public abstract Attack Build();

    /// <summary>What the search takes for one image at most: all restarts, no early stop.</summary>
    public abstract Effort Effort();
}

/// <summary>Options of an attack inside a ball.</summary>
public abstract record BudgetedOptions : AttackOptions
{
    [Description("Radius in units of the [0,1] pixel range, such as \"8/255\".")]
    public Budget Eps { get; init; } = Budget.Of255(8);

    public override IEnumerable<Finding> Check()
    {
        if (Measure == Norm.Linf && Eps.Value > 1)
            yield return new("eps", string.Create(CultureInfo.InvariantCulture, $"must be <= 1 (the whole pixel range); got {Eps}, write \"{Eps}/255\""));
    }

    /// <summary>The ball that what it finds lies in; null: the radius does not bound that.</summary>
    public virtual (Norm Norm, Budget Eps)? Bound() => (Measure, Eps);

    public override IEnumerable<Finding> Doubts()
    {
        if (Measure == Norm.L1 && Eps.Value is > 0 and < 0.5)
            yield return new("eps", string.Create(CultureInfo.InvariantCulture, $"{Eps} in l1 is the change of all values together, less than half a pixel's range; 12 is usual for 32 x 32 pixels"));
    }

    /// <summary>The norm the radius is measured in.</summary>
    protected abstract Norm Measure { get; }

    private protected Finding? StepTooLong(Budget step)
    {
        if (Eps.Value == 0 || step.Value <= 2 * Eps.Value * (1 + 1e-12)) return null;
        var hint = Budget.Of255((int)Math.Clamp(Math.Round(Eps.Value * 255 / 4), 1, 255));
        return new("stepSize", string.Create(CultureInfo.InvariantCulture,
            $"must be <= 2*eps ({2 * Eps.Value:0.####}); got {step}, write \"{(Measure == Norm.Linf ? hint : $"{Eps.Value / 4:0.####}")}\""));
    }
}

/// <summary>Options of an attack inside a ball that can be aimed at a class.</summary>
public abstract record AimedOptions : BudgetedOptions
{
    // Left out where off: recipes from before there was a choice keep their hash.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Advanced, Description("Aim at a class instead of away from the true one; leaving the true class counts as success.")]
    public virtual TargetRule Target { get; init; }
}

/// <summary>Options of an attack that is made of others, each on what the ones before left unbroken.</summary>
public abstract record EnsembleOptions : BudgetedOptions
{
    /// <summary>The attacks in their order.</summary>
    public abstract IReadOnlyList<AttackOptions> Parts();

    /// <summary>As reports name it, such as <c>autoattack standard</c>, and for short.</summary>
    public abstract (string Title, string Short) Names();

    public override Effort Effort() => Parts().Aggregate(new Effort(), (sum, part) => sum + part.Effort());
}

/// <summary>Options of an attack that takes several steps inside a ball.</summary>
public abstract record SteppedOptions : AimedOptions
{
    [Description("Length of one step, such as \"2/255\"; at most twice the radius.")]
    public Budget StepSize { get; init; } = Budget.Of255(2);

    [System.ComponentModel.DataAnnotations.Range(0, 10_000), Unit("steps"), Description("Steps per restart; each costs a forward and a backward pass.")]
    public int Steps { get; init; } = 10;

    public override IEnumerable<Finding> Check() => StepTooLong(StepSize) is { } finding ? base.Check().Append(finding) : base.Check();

    public override Effort Effort() => new(Climb: Steps);
}
