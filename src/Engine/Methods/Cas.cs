using System.ComponentModel.DataAnnotations;
using System.ComponentModel;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Methods;

[Kind("cas", "Channel-wise activation suppressing", "Channels that do not speak for the true class are turned down by a helper head. Judge it by the worst of several attacks: main-head attacks alone overstate it.",
    Group = "Adversarial training", Source = "Bai et al. 2021", Link = "https://arxiv.org/abs/2103.08307")]
public sealed record CasOptions : AdversarialOptions
{
    [Description("The loss of every head: ce, trades or mart.")]
    public InnerLoss Loss { get; init; } = InnerLoss.Ce;

    [Range(0.0, 100.0), Description("Weight of the change of the prediction: 4 with trades, 5 with mart.")]
    public double Beta { get; init; } = 5;

    [Description("Where channels are re-weighted: both (the last two places of the network) or last.")]
    public AttributionPlaces Points { get; init; } = AttributionPlaces.Both;

    [Range(0.0, 100.0), Description("Weight of the mean loss of the helper heads; the main head has 1.")]
    public double AuxWeight { get; init; } = 2;

    public override IEnumerable<Finding> Doubts() => Loss.Doubts(Attack);

    public override int HeadsNeeded() => Points.Heads();

    // AGAIN without a second class and without fusion (Bai et al. 2021, eq. 5 and 6).
    public override Softness TakesLabels() => Loss == InnerLoss.Mart ? Softness.Hard : Softness.Smoothed;

    public override Effort Effort(ArchitectureOptions model) => Loss.Effort(Attack);

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Again(new AgainOptions
    {
        Attack = Attack,
        AttackBn = AttackBn,
        Loss = Loss,
        Beta = Beta,
        Points = Points,
        Alpha = 1,
        Fusion = false,
        AuxWeight = AuxWeight / HeadsNeeded(),
    }, network, batch);
}
