using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>Which passes of a feature method move the running statistics; all normalise by batch statistics.</summary>
public enum BnUpdate
{
    /// <summary>Every pass, as in the released code.</summary>
    All,

    /// <summary>Only the clean pass.</summary>
    CleanOnly,
}

/// <summary>Options of a method that attacks feature maps inside the network.</summary>
public abstract record FeatureOptions : MethodOptions
{
    [Description("Length of one step on the feature map, such as \"0.5/255\".")]
    public Budget StepSize { get; init; } = Budget.Parse("0.5/255");

    [Range(1, 1000), Unit("steps"), Description("Steps of the attack on the feature map.")]
    public int Steps { get; init; } = 5;

    [Advanced, Description("Radius of the random start and of the clipping, where these are on.")]
    public Budget Eps { get; init; } = Budget.Of255(2);

    [Advanced, Description("Start at a random point within the radius.")]
    public bool RandomStart { get; init; }

    [Advanced, Description("Keep the perturbation within the radius.")]
    public bool Clip { get; init; }

    [Range(0.0, 1.0), Advanced, Description("Share of the attacked loss; the clean one has the rest.")]
    public double Share { get; init; } = 0.5;

    [Advanced, Description("Which passes move batch norm's running statistics: all or clean-only.")]
    public BnUpdate BnUpdate { get; init; } = BnUpdate.All;

    /// <summary>The pass of everything but the clean images.</summary>
    internal Pass SidePass(Lesson lesson) =>
        lesson.TrainingPass with { Train = false, Stats = BnUpdate == BnUpdate.All ? StatsMode.BatchUpdate : StatsMode.Batch };

    /// <summary>Climbs the cross-entropy by sign steps on a feature map; nothing is cut to a pixel range. Returns a detached map.</summary>
    /// <param name="lesson">Its labels count.</param>
    /// <param name="suffix">From the map to the logits.</param>
    /// <param name="z">The map, detached.</param>
    /// <param name="draws">Chance of the start.</param>
    internal Tensor Climb(Lesson lesson, Func<Tensor, Tensor> suffix, Tensor z, Draws draws)
    {
        using var scope = Scope.Enter();
        var eps = Eps.Value;
        var attacked = RandomStart ? z + draws.Composed("start", d => d.Uniform("offset", -eps, eps, z.shape[1..])).to(z.dtype) : z;
        for (var k = 0; k < Steps; k++)
        {
            var leaf = attacked.detach().requires_grad_();
            var g = Grad.Of(Lesson.CrossEntropy(suffix(leaf), lesson.Y), leaf);
            using var off = NoGrad.Enter();
            attacked = leaf + (g.sign() * StepSize.Value);
            if (Clip) attacked = attacked.maximum(z - eps).minimum(z + eps);
        }
        return scope.Keep(attacked.detach());
    }
}
