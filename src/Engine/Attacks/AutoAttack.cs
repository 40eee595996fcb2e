using System.ComponentModel;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>The ensembles of the AutoAttack paper.</summary>
public enum AutoAttackVersion
{
    /// <summary>APGD-CE, APGD-T (9 targets), FAB-T (9 targets), Square (5,000 queries). With L1: APGD-CE x5, APGD-T (5 targets), both from larger radii.</summary>
    Standard,

    /// <summary>APGD-CE x5, APGD-DLR x5, FAB x5, Square, APGD-T, FAB-T.</summary>
    Plus,

    /// <summary>APGD-CE and APGD-DLR with 20 forward passes per gradient, for networks that answer at random.</summary>
    Rand,
}

/// <summary>
/// The ensemble against which robustness is compared (Croce and Hein 2020): each attack on what the ones before left unbroken, 100 steps
/// each; a sample is robust when all fail.
/// </summary>
[Kind("autoattack", "AutoAttack", "The parameter-free ensemble that published robust accuracies are measured with. Complete and slow.", Group = "Ensembles",
    Source = "Croce and Hein 2020", Link = "https://arxiv.org/abs/2003.01690")]
public sealed record AutoAttackOptions : EnsembleOptions
{
    [Description("standard: the usual one; plus: more attacks and restarts; rand: for networks that answer at random.")]
    public AutoAttackVersion Version { get; init; } = AutoAttackVersion.Standard;

    [Description("How the radius is measured.")]
    public Norm Norm { get; init; } = Norm.Linf;

    protected override Norm Measure => Norm;

    public override (string Title, string Short) Names() => ($"autoattack {Version.ToString().ToLowerInvariant()}", "aa");

    public override IReadOnlyList<AttackOptions> Parts()
    {
        var (sparse, shrinks) = (Norm == Norm.L1, Version == AutoAttackVersion.Standard);
        var apgd = new ApgdOptions { Norm = Norm, Eps = Eps, FixedRadius = sparse && !shrinks };
        var dlr = apgd with { Loss = AttackLoss.Dlr };
        var targeted = new TargetedApgdOptions { Norm = Norm, Eps = Eps, FixedRadius = sparse && !shrinks };
        var fab = new TargetedFabOptions { Norm = Norm, Eps = Eps };
        var square = new SquareOptions { Norm = Norm, Eps = Eps };
        return Version switch
        {
            AutoAttackVersion.Standard when sparse => [apgd with { Restarts = 5 }, targeted with { Targets = 5 }, fab, square],
            AutoAttackVersion.Standard => [apgd, targeted, fab, square],
            AutoAttackVersion.Plus =>
            [
                apgd with { Restarts = 5 }, dlr with { Restarts = 5 }, new FabOptions { Norm = Norm, Eps = Eps, Restarts = 5 }, square, targeted, fab,
            ],
            _ => [apgd with { Averaged = 20 }, dlr with { Averaged = 20 }],
        };
    }

    public override Attack Build() => new Cascade([.. Parts().Select(p => p.Build())]);
}

/// <summary>Attacks in a row, each on the samples that all before it left unbroken; rounds of the parts become rounds of the whole.</summary>
internal sealed class Cascade(Attack[] parts) : Attack
{
    public override int Rounds => parts.Sum(p => p.Rounds);

    public override bool Climbs => parts.Any(p => p.Climbs);

    protected internal override Found Search(Hunt hunt)
    {
        var (part, round) = Find(hunt.Round);
        return hunt.Offset > 0 && !part.Climbs ? Found.Nothing(hunt) : part.Search(hunt with { Round = round });
    }

    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round)
    {
        var (part, inner) = Find(round);
        return part.Aim(y, targets, logits, draws, inner);
    }

    private (Attack Part, int Round) Find(int round)
    {
        var k = 0;
        while (round >= parts[k].Rounds) round -= parts[k++].Rounds;
        return (parts[k], round);
    }
}
