using WebLab.Engine.Attacks;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

/// <summary>AdvProp with views between clean and attacked images.</summary>
public sealed class FineGrainedTests
{
    private static readonly AdvPropOptions fine = new() { Banks = 3 };
    private static readonly PgdOptions still = new() { Eps = Budget.Zero, StepSize = Budget.Zero, Steps = 1 };

    [Fact]
    public void Banks_follow_the_sources()
    {
        Assert.Equal(2, new AdvPropOptions().BanksNeeded());
        Assert.Equal(3, fine.BanksNeeded());
        Assert.Equal(5, (fine with { MoreViews = [new RandAugmentOptions(), new CutoutOptions()] }).BanksNeeded());
    }

    [Fact]
    public void Further_views_need_the_fine_grained_method() =>
        Assert.Equal("moreViews", Assert.Single(new AdvPropOptions { MoreViews = [new CutoutOptions()] }.Check()).Path);

    [Fact]
    public void Equal_sources_move_all_banks_alike()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(fine with { Attack = still, View = [], MoreViews = [new NoneOptions()] });
        bench.Step(0);
        var means = Means(bench);
        Assert.Equal(4, means.Count);
        Assert.All(means, m => Assert.Equal(means[0], m, (a, b) => Math.Abs(a - b) < 1e-12));
    }

    [Fact]
    public void Every_view_has_its_own_statistics_and_the_main_bank_sees_none_of_them()
    {
        using var scope = Scope.Enter();
        using var plain = new Bench(fine with { Attack = still, View = [] });
        using var varied = new Bench(fine with { Attack = still, MoreViews = [new CutoutOptions { Size = 4 }] });
        plain.Step(0);
        varied.Step(0);
        var (before, after) = (Means(plain), Means(varied));
        Assert.Equal(before[0], after[0], (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(4, after.Select(m => m[0]).Append(0).Distinct().Count());
    }

    [Fact]
    public void Five_sources_learn_in_every_bank()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(fine with { MoreViews = [new RandAugmentOptions(), new CutoutOptions { Size = 4 }], BnGradRescale = true });
        var before = bench.Network.State.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone());
        bench.Step(0);
        Assert.All(bench.Moved(), s => Assert.False(s.Slot.Value.equal(before[s.Name]), s.Name));
    }

    // Running means of the first batch norm, bank by bank.
    private static List<double[]> Means(Bench bench)
    {
        var all = bench.Network.State.Where(s => s.Name.EndsWith("running_mean", StringComparison.Ordinal)).ToList();
        var norm = all[0].Name[..all[0].Name.IndexOf(".running_mean", StringComparison.Ordinal)];
        return [.. all.Where(s => s.Name.StartsWith(norm + ".", StringComparison.Ordinal)).Select(s => s.Slot.Value.ToArray<double>())];
    }
}
