using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("fat", "Friendly adversarial training", "Trains on attacked images that are only just wrong: more clean accuracy than PGD training, fewer attack steps.",
    Group = "Adversarial training", Source = "Zhang et al. 2020", Link = "https://arxiv.org/abs/2002.11242")]
public sealed record FatOptions : AdversarialOptions
{
    [Description("The loss that is trained: ce, trades or mart.")]
    public InnerLoss Loss { get; init; } = InnerLoss.Ce;

    [Range(0.0, 100.0), Description("Weight of the change of the prediction (trades, mart).")]
    public double Beta { get; init; } = 6;

    [Range(0, 1000), Unit("steps"), Description("Attack steps that a sample still takes after it is first misclassified, in the first epoch.")]
    public int Tau { get; init; }

    [Range(1, 10_000), Unit("epochs"), Description("Epochs after which tau grows by one: 50 and 90 in the paper.")]
    public IReadOnlyList<int> TauEpochs { get; init; } = [50, 90];

    [Range(0.0, 1.0), Advanced, Description("Standard deviation of the noise added to each attack step: 0.001 with ce, 0 with trades and mart.")]
    public double Omega { get; init; } = 0.001;

    public override IEnumerable<Finding> Check()
    {
        if (Attack is not PgdOptions) yield return new("attack.kind", $"wanted pgd, whose steps are stopped early; got {Kinds.Attacks.KindOf(Attack)}");
        for (var k = 1; k < TauEpochs.Count; k++)
            if (TauEpochs[k] <= TauEpochs[k - 1]) yield return new("tauEpochs", $"must rise; got {TauEpochs[k - 1]} before {TauEpochs[k]}");
    }

    public override IEnumerable<Finding> Doubts() => Loss.Doubts(Attack);

    /// <summary>The budget of an epoch, 1-based.</summary>
    public int TauAt(int epoch) => Tau + TauEpochs.Count(last => epoch > last);

    public override Softness TakesLabels() => Loss == InnerLoss.Mart ? Softness.Hard : Softness.Smoothed;

    /// <summary>At most: steps are left out as soon as a sample is friendly enough.</summary>
    public override Effort Effort(ArchitectureOptions model) => Loss.Effort(Attack);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Fat(this);
}

/// <summary>
/// The loss of PGD training, TRADES or MART on images whose attack stops tau steps after they are first misclassified (Zhang et al. 2020,
/// algorithm 2).
/// </summary>
public sealed class Fat(FatOptions options) : CraftingMethod
{
    private readonly PgdOptions _pgd = (PgdOptions)options.Attack;
    private readonly AdversarialMethod _inner = options.Loss.Of(options, options.Beta);

    public override Tensor Craft(Lesson lesson)
    {
        var attack = new FriendlyPgd(_pgd, options.TauAt(lesson.Epoch), options.Omega);
        var found = lesson.Pursue(attack, _inner.Aim(lesson), lesson.Victim(options.AttackPass()));
        lesson.SawSteps(found.Backwards);
        return found.X;
    }

    public override Tensor LossOn(Lesson lesson, Tensor adversarial, Pass pass) => _inner.LossOn(lesson, adversarial, pass);
}
