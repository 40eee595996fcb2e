using System.ComponentModel;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>How clean and attacked images share the batch norm.</summary>
public enum MixMode
{
    /// <summary>One batch of 2N: statistics of the mixture.</summary>
    Joint,

    /// <summary>The clean pass, then the attacked one, each by its own statistics.</summary>
    Separate,
}

[Kind("mixed", "Mixed training", "Clean and attacked images through one batch norm: what AdvProp is compared with.",
    Group = "Clean accuracy", Source = "Xie et al. 2020", Link = "https://arxiv.org/abs/1911.09665")]
public sealed record MixedOptions : MixingOptions
{
    [Description("joint: one batch of both; separate: two passes.")]
    public MixMode MixMode { get; init; } = MixMode.Joint;

    public override Softness TakesLabels() => Softness.Mixed;

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Mixed(this);
}

/// <summary>a CE(f(x), y) + b CE(f(x'), y), all through the main bank.</summary>
public sealed class Mixed(MixedOptions options) : Method
{
    private readonly MixingAttack _attack = new(options);

    protected override Tensor Loss(Lesson lesson)
    {
        var adversarial = _attack.Craft(lesson);
        var logits = options.MixMode == MixMode.Joint
            ? lesson.Together([lesson.X, adversarial], Route.One(0))
            : [lesson.Logits(lesson.X, lesson.TrainingPass), lesson.Logits(adversarial, lesson.TrainingPass)];
        lesson.SawClean(logits[0], lesson.Y);
        lesson.SawAdversarial(logits[1], lesson.Y);
        return lesson.Weighted([("clean", logits[0], options.CleanWeight), ("adv", logits[1], options.AdversarialWeight)]);
    }
}
