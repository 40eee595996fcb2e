using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

[Kind("fast", "Fast adversarial training", "One long gradient step from a random start: a fifth of the cost of PGD training. May break down between two epochs; a guard then keeps the epoch before.",
    Group = "Cheap adversarial training", Source = "Wong et al. 2020", Link = "https://arxiv.org/abs/2001.03994")]
public sealed record FastOptions : AdversarialOptions
{
    public FastOptions() => (Attack, AttackBn) = (new RandomStartFgsmOptions(), AttackBn.Train);

    [Description("End the run with the weights of the epoch before when the accuracy under a stronger attack falls off (catastrophic over-fitting).")]
    public bool Guard { get; init; } = true;

    [Range(0.0, 1.0), Advanced, Description("Fall of that accuracy within one epoch, as a share of the batch, that ends the run.")]
    public double GuardDrop { get; init; } = 0.2;

    [Advanced, Description("The stronger attack, run on the first batch of each epoch after its end.")]
    public AttackOptions GuardAttack { get; init; } = new PgdOptions { Steps = 5 };

    public override Softness TakesLabels() => Softness.Mixed;

    public override Method Build(Network network, IReadOnlyList<long> batch) => new Fast(this);
}

/// <summary>
/// The step of PGD training with a cheap attack (Wong et al. 2020, algorithm 3), and the guard of the released code.
/// Differs: the guard attacks by running statistics, not by those of the batch, so that looking changes nothing.
/// </summary>
public sealed class Fast : Method
{
    private readonly FastOptions _options;
    private readonly PgdAt _inner;
    private readonly Attack _attack;
    private readonly Tensor _accuracy;

    public Fast(FastOptions options)
    {
        using var scope = Scope.Enter();
        (_options, _inner, _attack) = (options, new PgdAt(options), options.GuardAttack.Build());
        _accuracy = Ops.full([], double.NaN, DType.Float64).Unscoped();
    }

    public override bool Guarded => _options.Guard;

    /// <summary><c>guard.accuracy</c>: what the guard saw after the last epoch, NaN before the first.</summary>
    public override IReadOnlyList<(string Name, Tensor Value)> State => [("guard.accuracy", _accuracy)];

    public override void Step(Lesson lesson) => _inner.Step(lesson);

    public override Verdict Judge(Lesson first)
    {
        using var scope = Scope.Enter();
        var outcome = _attack.Run(first.Victim(Pass.Eval), first.X, first.Y, first.Draws.In("guard"), observer: first.Observer);
        var broken = outcome.Success.logical_or(outcome.Error).to(DType.Float64).mean().item<double>();
        var (before, now) = (_accuracy.item<double>(), 1 - broken);
        using var off = NoGrad.Enter();
        _accuracy.fill_(now);
        return new Verdict(now, before - now > _options.GuardDrop
            ? string.Create(CultureInfo.InvariantCulture, $"Catastrophic over-fitting: accuracy under the guard's attack fell from {before:0.000} to {now:0.000} in epoch {first.Epoch}.")
            : null);
    }
}
