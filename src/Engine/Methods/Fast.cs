using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Methods;

[Kind("fast", "Fast adversarial training", "One long gradient step from a random start: a fifth of the cost of PGD training. May collapse; watch the probe.",
    Group = "Cheap adversarial training", Source = "Wong et al. 2020", Link = "https://arxiv.org/abs/2001.03994")]
public sealed record FastOptions : AdversarialOptions
{
    public FastOptions() => (Attack, AttackBn) = (new RandomStartFgsmOptions(), AttackBn.Train);

    // The step is that of PGD training; what is fast is the attack.
    public override Method Build(Network network, IReadOnlyList<long> batch) => new PgdAt(this);
}
