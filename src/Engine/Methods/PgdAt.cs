using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("pgd-at", "Adversarial training (PGD)", "Cross-entropy on images attacked by PGD: the reference defence.",
    Group = "Adversarial training", Source = "Madry et al. 2018; Rice et al. 2020", Link = "https://arxiv.org/abs/1706.06083")]
public sealed record PgdAtOptions : AdversarialOptions
{
    public override Softness TakesLabels() => Softness.Mixed;

    public override Method Build(Network network, IReadOnlyList<long> batch) => new PgdAt(this);
}

/// <summary>min E max over the ball of CE(f(x + d), y) (Madry et al. 2018, eq. 2.1).</summary>
public sealed class PgdAt(AdversarialOptions options) : AdversarialMethod(options)
{
    public override Tensor LossOn(Lesson lesson, Tensor adversarial, Pass pass)
    {
        var logits = lesson.Logits(adversarial, pass);
        lesson.SawAdversarial(logits, lesson.Y);
        return lesson.CrossEntropy(logits);
    }
}
