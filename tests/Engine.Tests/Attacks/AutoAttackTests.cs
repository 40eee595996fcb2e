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
    public void Under_l1_the_first_attacks_start_more_often_and_from_larger_balls()
    {
        var options = new AutoAttackOptions { Norm = Norm.L1, Eps = Budget.Parse("12") };
        var parts = options.Parts();
        Assert.Equal(["apgd", "apgd-t", "fab-t", "square"], parts.Select(Kinds.Attacks.KindOf));
        Assert.All(parts.Cast<BudgetedOptions>(), p => Assert.Equal(Norm.L1, Scene.NormOf(p)));
        Assert.Equal((100, 5, false), parts[0] is ApgdOptions a ? (a.Steps, a.Restarts, a.FixedRadius) : default);
        Assert.Equal((100, 1, 5, false), parts[1] is TargetedApgdOptions t ? (t.Steps, t.Restarts, t.Targets, t.FixedRadius) : default);
        Assert.Equal([(36, 30), (24, 30), (12, 40)], ((SparseApgd)parts[0].Build()).Stages());
        Assert.Equal([(12, 100)], ((SparseApgd)(options with { Version = AutoAttackVersion.Rand }).Parts()[0].Build()).Stages());
        Assert.Empty(options.Check());
    }

    [Fact]
    public void The_quick_ensemble_is_a_short_part_of_the_standard_one_behind_the_margin_loss()
    {
        var options = new QuickOptions();
        Assert.Equal(["pgd", "apgd", "apgd-t"], options.Parts().Select(Kinds.Attacks.KindOf));
        Assert.Equal(100, options.Effort().Climb);
        Assert.True(options.Effort().Cost < 0.05 * new AutoAttackOptions().Effort().Cost);
    }

    [Fact]
    public void Published_settings_are_valid_and_have_names_of_their_own()
    {
        Assert.Distinct(AttackPresets.All.Select(p => p.Name));
        Assert.All(AttackPresets.All, p =>
        {
            Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", p.Name);
            Assert.EndsWith(".", p.Says);
            Assert.All(p.Attacks, a => Assert.Empty(Validation.Rules(a, o => o.Check())));
        });
        Assert.Equal((20, 0.003, 0.031), AttackPresets.Find("pgd-trades")!.Attacks[0] is PgdOptions p ? (p.Steps, p.StepSize.Value, p.Eps.Value) : default);
        Assert.Equal((50, 10), AttackPresets.Find("pgd-wong")!.Attacks[0] is PgdOptions w ? (w.Steps, w.Restarts) : default);
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
