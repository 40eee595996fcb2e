using System.ComponentModel;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Methods;

/// <summary>Options of a training method.</summary>
public abstract record MethodOptions : Options
{
    /// <summary>Batch-norm banks the method needs in the network; 1 is a plain network.</summary>
    public virtual int BanksNeeded() => 1;

    /// <summary>Attribution points the method needs in the network.</summary>
    public virtual int HeadsNeeded() => 0;

    /// <summary>Whether the method needs generators of fusing weights in batch norm.</summary>
    public virtual bool GeneratorsNeeded() => false;

    /// <summary>What the banks have in common: scale and shift, or statistics.</summary>
    public virtual (bool Affine, bool Stats) SharedByBanks() => (false, false);

    /// <summary>How soft the labels may be that its loss takes.</summary>
    public virtual Softness TakesLabels() => Softness.Hard;

    /// <summary>What a step takes for one image of the batch, on average over the run where epochs differ.</summary>
    /// <param name="model">The architecture to be trained.</param>
    public abstract Effort Effort(ArchitectureOptions model);

    /// <summary>What stands between this method and a run; paths are relative to the method.</summary>
    /// <param name="model">The architecture to be trained.</param>
    /// <param name="epochs">Epochs of the run.</param>
    public virtual IEnumerable<Finding> Misfits(ArchitectureOptions model, int epochs)
    {
        if (HeadsNeeded() > model.AttributionPlaces())
        {
            var fitting = Kinds.Architectures.Entries.Where(e => ((ArchitectureOptions)e.Default()).AttributionPlaces() >= HeadsNeeded());
            yield return new("kind", $"needs {HeadsNeeded()} places for attribution heads, which '{Kinds.Architectures.KindOf(model)}' lacks; choose one of {string.Join(", ", fitting.Select(e => e.Kind))}");
        }
    }

    /// <summary>What a network must be built for so that the method can train it.</summary>
    public NetShape Fit(NetShape plain) => plain with
    {
        Banks = BanksNeeded(),
        Heads = HeadsNeeded() is > 0 and var heads ? heads : null,
        Generators = GeneratorsNeeded() ? true : null,
        ShareAffine = SharedByBanks().Affine ? true : null,
        ShareStats = SharedByBanks().Stats ? true : null,
    };

    /// <summary>The method at the start of a run.</summary>
    /// <param name="network">What it will train.</param>
    /// <param name="batch">Shape of the batches, N x C x H x W.</param>
    /// <exception cref="ArgumentException">The options do not fit the network; the message names them.</exception>
    public abstract Method Build(Network network, IReadOnlyList<long> batch);
}

/// <summary>How batch norm normalises while training images are attacked.</summary>
public enum AttackBn
{
    /// <summary>With the running statistics; nothing moves.</summary>
    Eval,

    /// <summary>With batch statistics; every step of the attack moves the running ones.</summary>
    Train,
}

/// <summary>Options of a method that trains on attacked images.</summary>
public abstract record AdversarialOptions : MethodOptions
{
    [Description("Attack that makes the training images.")]
    public AttackOptions Attack { get; init; } = new PgdOptions();

    [Advanced, Description("Batch norm inside the attack: eval (running statistics) or train (batch statistics, every step moves the running ones).")]
    public AttackBn AttackBn { get; init; } = AttackBn.Eval;

    /// <summary>The attack, then one pass to learn.</summary>
    public override Effort Effort(ArchitectureOptions model) => Attack.Effort() + new Effort(Learn: 1);

    /// <summary>The pass of the attack; dropout stays off in both modes.</summary>
    public Pass AttackPass(int bank = 0) =>
        new() { Stats = AttackBn == AttackBn.Train ? StatsMode.BatchUpdate : StatsMode.Running, Route = Route.One(bank) };
}
