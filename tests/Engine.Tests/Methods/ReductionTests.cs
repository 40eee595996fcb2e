using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

/// <summary>Methods that are the same for some options: equal losses and parameters after a step from equal draws.</summary>
public sealed class ReductionTests
{
    private static readonly PgdOptions uniform = new() { Steps = 3 };
    private static readonly PgdOptions gauss = uniform with { Start = Start.Gauss };

    // One value of everything, plain labels.
    private static readonly LasAtOptions single = new()
    {
        Policy = new TinyCnnOptions(),
        EpsFrom = 8,
        EpsTo = 8,
        StepsFrom = 3,
        StepsTo = 3,
        StepSizeFrom = 2,
        StepSizeTo = 2,
        TrueLabel = 1,
    };

    public static TheoryData<string> All =>
    [
        "FAT without end is PGD training", "FAT of TRADES without end is TRADES", "FAT of MART without end is MART",
        "AWP of length 0 is TRADES", "LAS-AT of one strategy is PGD training", "LAS-TRADES of one strategy is TRADES",
        "LAS-AWP of one strategy is AWP", "CAS is AGAIN without a second class",
        "one long PGD step from the image is FGSM training", "fast training in steps of no length starts at random and stays",
        "L-ALFA of one place is ALFA", "ALFA of no share is standard training", "AdvProp of the clean bank alone is standard training",
        "AdvProp whose banks share everything is mixed training", "PGD training that logs by a clean pass is PGD training",
        "adversarial pre-training begins as PGD training", "adversarial pre-training ends as standard training",
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void Reduces(string name)
    {
        using var scope = Scope.Enter();
        var (general, special) = Pair(name);
        using var a = new Bench(general);
        using var b = new Bench(special);
        for (var step = 0; step < 2; step++) Assert.Equal(b.Step(step), a.Step(step), 9);
        var plain = a.Network.Tensors();
        foreach (var (parameter, right) in b.Network.Parameters)
            Assert.True((plain[parameter] - right.Value).abs().max().item<double>() < 1e-9, parameter);
    }

    private static (MethodOptions General, MethodOptions Special) Pair(string name) => name switch
    {
        "FAT without end is PGD training" => (new FatOptions { Attack = uniform, Tau = 3, Omega = 0 }, new PgdAtOptions { Attack = uniform }),
        "FAT of TRADES without end is TRADES" =>
            (new FatOptions { Attack = uniform, Loss = InnerLoss.Trades, Tau = 3, Omega = 0 }, new TradesOptions { Attack = uniform }),
        "FAT of MART without end is MART" =>
            (new FatOptions { Attack = uniform, Loss = InnerLoss.Mart, Beta = 5, Tau = 3, Omega = 0 }, new MartOptions { Attack = uniform }),
        "AWP of length 0 is TRADES" => (new AwpOptions { Attack = gauss, Loss = InnerLoss.Trades, Gamma = 0 }, new TradesOptions { Attack = gauss }),
        "LAS-AT of one strategy is PGD training" => (single, new PgdAtOptions { Attack = uniform }),
        "LAS-TRADES of one strategy is TRADES" => (single with { Loss = LasLoss.Trades, BetaFrom = 6, BetaTo = 6 }, new TradesOptions { Attack = gauss }),
        "LAS-AWP of one strategy is AWP" => (single with { Gamma = 0.01 }, new AwpOptions { Attack = uniform }),
        "CAS is AGAIN without a second class" =>
            (new AgainOptions { Attack = uniform, Alpha = 1, Fusion = false }, new CasOptions { Attack = uniform, AuxWeight = 2 }),
        "adversarial pre-training begins as PGD training" => (new AdversarialThenCleanOptions { Attack = uniform }, new PgdAtOptions { Attack = uniform }),
        "adversarial pre-training ends as standard training" => (new AdversarialThenCleanOptions { AdversarialShare = 0 }, new StandardOptions()),
        "one long PGD step from the image is FGSM training" =>
            (new PgdAtOptions { Attack = new PgdOptions { StepSize = Budget.Of255(8), Steps = 1, Start = Start.Zero } }, new PgdAtOptions { Attack = new FgsmOptions() }),
        "fast training in steps of no length starts at random and stays" =>
            (new FastOptions { Attack = new RandomStartFgsmOptions { StepSize = Budget.Zero }, AttackBn = AttackBn.Eval }, new PgdAtOptions { Attack = new PgdOptions { Steps = 0 } }),
        "L-ALFA of one place is ALFA" => (new LearnedAlfaOptions { Locations = ["stage2"], L1 = 0 }, new AlfaOptions { Locations = ["stage2"], StepSize = Budget.Of255(1), Steps = 3 }),
        "ALFA of no share is standard training" => (new AlfaOptions { Locations = ["stage2"], Share = 0 }, new StandardOptions()),
        "AdvProp of the clean bank alone is standard training" => (new AdvPropOptions { CleanWeight = 1, AdversarialWeight = 0 }, new StandardOptions()),
        "AdvProp whose banks share everything is mixed training" => (new AdvPropOptions { ShareAffine = true, ShareStats = true }, new MixedOptions()),
        // Running statistics differ, and with them the attack; one that starts and stays at the image sees nothing of that.
        "PGD training that logs by a clean pass is PGD training" =>
            (new PgdAtOptions { Attack = new PgdOptions { Steps = 0 }, CleanLogForward = true }, new PgdAtOptions { Attack = new PgdOptions { Steps = 0 } }),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
