using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("mart", "MART", "Weighs each sample's change of prediction by how unsure the clean prediction is.",
    Group = "Adversarial training", Source = "Wang et al. 2020", Link = "https://openreview.net/forum?id=rklOg6EFwS")]
public sealed record MartOptions : AdversarialOptions
{
    public MartOptions() => Attack = new PgdOptions { Start = Start.Gauss };

    [Range(0.0, 100.0), Description("Weight of the change of the prediction; 5 or 6 in the paper.")]
    public double Beta { get; init; } = 5;

    public override Effort Effort(ArchitectureOptions model) => InnerLoss.Mart.Effort(Attack);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Mart(this, Beta);
}

/// <summary>
/// With p, q the clean and attacked predictions: CE(q, y) - log(1.0001 - max of q over others) + beta KL(p || q)(1.0000001 - p_y),
/// nothing detached (Wang et al. 2020, eq. 11; constants of the released code).
/// </summary>
public sealed class Mart(AdversarialOptions options, double beta) : AdversarialMethod(options)
{
    private const double Tiny = 1e-12;

    public override Tensor LossOn(Lesson lesson, Tensor adversarial, Pass pass)
    {
        var (y, clean) = (lesson.Y, lesson.Logits(lesson.X, pass));
        var attacked = lesson.Logits(adversarial, pass);
        lesson.SawClean(clean, y);
        lesson.SawAdversarial(attacked, y);
        var bce = BoostedCrossEntropy(attacked, y).mean();
        var weighted = WeightedKl(clean, attacked, y).mean();
        lesson.Note("loss.bce", bce);
        lesson.Note("loss.kl", weighted);
        return bce + (weighted * beta);
    }

    /// <summary>CE(q, y) - log(1.0001 - max of q over the others + 1e-12) per sample (N); logits N x K, y N int64.</summary>
    public static Tensor BoostedCrossEntropy(Tensor logits, Tensor y)
    {
        var runnerUp = Losses.BestOther(logits.softmax(1), y);
        return Losses.CrossEntropy(logits, y) - (1.0001 - runnerUp + Tiny).log();
    }

    /// <summary>KL(p || q)(1.0000001 - p_y) per sample (N), q shifted by 1e-12; logits N x K, y N int64.</summary>
    /// <param name="clean">Gives p.</param>
    /// <param name="attacked">Gives q.</param>
    /// <param name="y">True labels.</param>
    /// <param name="judge">Logits whose p_y weighs the samples, where they are not <paramref name="clean"/>.</param>
    public static Tensor WeightedKl(Tensor clean, Tensor attacked, Tensor y, Tensor? judge = null)
    {
        var (p, q) = (clean.softmax(1), attacked.softmax(1));
        var kl = (p * (clean.log_softmax(1) - (q + Tiny).log())).sum(1);
        return kl * (1.0000001 - Losses.Pick(judge?.softmax(1) ?? p, y));
    }
}
