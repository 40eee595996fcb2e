using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using Xunit;

namespace WebLab.Engine.Tests.Attacks;

public sealed class AutoAttackTests
{
    private static readonly AttackOptions[] Short =
    [
        new ApgdOptions { Steps = 5 }, new TargetedApgdOptions { Steps = 5, Targets = 2 }, new TargetedFabOptions { Steps = 5, Targets = 2 },
        new SquareOptions { Queries = 10 },
    ];

    [Fact]
    public void The_standard_ensemble_is_the_published_one()
    {
        var parts = new AutoAttackOptions().Parts();
        Assert.Equal(["apgd", "apgd-t", "fab-t", "square"], parts.Select(Kinds.Attacks.KindOf));
        Assert.Equal((100, 1, AttackLoss.CrossEntropy), parts[0] is ApgdOptions a ? (a.Steps, a.Restarts, a.Loss) : default);
        Assert.Equal((100, 9), parts[1] is TargetedApgdOptions t ? (t.Steps, t.Targets) : default);
        Assert.Equal((100, 9), parts[2] is TargetedFabOptions f ? (f.Steps, f.Targets) : default);
        Assert.Equal((5000, 0.8, false), parts[3] is SquareOptions s ? (s.Queries, s.PInit, s.RescaleSchedule) : default);
    }

    [Fact]
    public void A_cascade_breaks_what_its_parts_break_together()
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var draws = new Rng(1).Draw("attack", scene.Samples, 0, DType.Float64);
        var whole = new Cascade([.. Short.Select(o => o.Build())]).Run(new Victim(scene.Network), scene.X, scene.Y, draws);
        var first = Short[0].Build().Run(new Victim(scene.Network), scene.X, scene.Y, draws);
        Assert.True(whole.Success.logical_or(first.Success.logical_not()).all().item<bool>());
        Assert.True(whole.Linf.max().item<double>() <= (8 / 255.0) + 1e-9);
        Assert.True(whole.Round.ge(0).logical_and(whole.Round.lt(6)).all().item<bool>());
    }

    [Fact]
    public void A_cascade_spends_later_parts_on_unbroken_samples_alone()
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var draws = new Rng(1).Draw("attack", scene.Samples, 0, DType.Float64);
        var whole = new Cascade([.. Short.Select(o => o.Build())]).Run(new Victim(scene.Network), scene.X, scene.Y, draws);
        var first = Short[0].Build().Run(new Victim(scene.Network), scene.X, scene.Y, draws);
        Assert.True(whole.Forwards.eq(first.Forwards).logical_or(first.Success.logical_not()).all().item<bool>());
        Assert.True(whole.Forwards.gt(first.Forwards).logical_or(first.Success).all().item<bool>());
    }
}
