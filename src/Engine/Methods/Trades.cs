using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("trades", "TRADES", "Clean cross-entropy plus beta times the change of the prediction under attack: trades accuracy for robustness.",
    Group = "Adversarial training", Source = "Zhang et al. 2019", Link = "https://arxiv.org/abs/1901.08573")]
public sealed record TradesOptions : AdversarialOptions
{
    public TradesOptions() => Attack = new PgdOptions { Start = Start.Gauss };

    [Range(0.0, 100.0), Description("Weight of the change of the prediction; 1 to 10 in the paper.")]
    public double Beta { get; init; } = 6;

    public override Softness TakesLabels() => Softness.Mixed;

    public override Effort Effort(ArchitectureOptions model) => InnerLoss.Trades.Effort(Attack);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Trades(this, Beta);
}

/// <summary>
/// CE(f(x), y) + beta KL(p(x) || p(x')), x' = argmax KL (Zhang et al. 2019, eq. 3). The gradient flows through both sides of KL.
/// Differs: the clean batch passes once in training mode, not twice as in the released code; only running statistics see that.
/// </summary>
public sealed class Trades(AdversarialOptions options, double beta) : AdversarialMethod(options)
{
    /// <summary>CE(clean, y) and KL(clean || attacked), means over the batch, of logits N x K.</summary>
    public static (Tensor Natural, Tensor Kl) Parts(Lesson lesson, Tensor clean, Tensor attacked) =>
        (lesson.CrossEntropy(clean), Losses.Kl(attacked, clean.log_softmax(1)).mean());

    public override Goal Aim(Lesson lesson) => lesson.Diverging();

    public override Tensor LossOn(Lesson lesson, Tensor adversarial, Pass pass)
    {
        var clean = lesson.Logits(lesson.X, pass);
        var attacked = lesson.Logits(adversarial, pass);
        lesson.SawClean(clean, lesson.Y);
        lesson.SawAdversarial(attacked, lesson.Y);
        var (natural, kl) = Parts(lesson, clean, attacked);
        lesson.Note("loss.nat", natural);
        lesson.Note("loss.kl", kl);
        return natural + (kl * beta);
    }
}
