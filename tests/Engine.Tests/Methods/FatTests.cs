using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

public sealed class FatTests
{
    private static readonly PgdOptions attack = new() { Eps = Budget.Of255(16), StepSize = Budget.Of255(4), Steps = 4 };

    [Theory]
    [InlineData(1, 0)]
    [InlineData(50, 0)]
    [InlineData(51, 1)]
    [InlineData(90, 1)]
    [InlineData(91, 2)]
    public void The_budget_grows_after_its_epochs(int epoch, int tau) => Assert.Equal(tau, new FatOptions().TauAt(epoch));

    [Fact]
    public void A_network_that_is_always_wrong_keeps_the_start_without_a_move()
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh("tinycnn");
        var x = Architectures.Images(8, 8);
        var wrong = (network.Forward(x, WebLab.Engine.Nets.Pass.Eval).argmax(1) + 1).remainder(5);
        // A constant answer: no image changes it.
        var victim = new Victim(z => network.Forward(x, WebLab.Engine.Nets.Pass.Eval) + (z.sum([1, 2, 3], true).flatten(1) * 0));
        var draws = new Rng(1).Draw("attack", Ops.arange(8), 0, DType.Float64);
        var goal = new Untargeted(wrong, Losses.CrossEntropy);
        var found = new FriendlyPgd(attack, 0, 0.001).Craft(victim, x, goal, draws);
        var start = new FriendlyPgd(attack with { Steps = 0 }, 0, 0).Craft(victim, x, goal, draws);
        Assert.True(found.X.equal(start.X));
        Assert.Equal(0, found.Backwards.sum().item<long>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    public void Samples_that_left_early_are_wrong_and_all_stay_inside(int tau)
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh("tinycnn");
        var (x, y) = (Architectures.Images(8, 8), Architectures.Labels(8));
        var victim = new Victim(network);
        var draws = new Rng(1).Draw("attack", Ops.arange(8), 0, DType.Float64);
        var found = new FriendlyPgd(attack, tau, 0.001).Craft(victim, x, new Untargeted(y, Losses.CrossEntropy), draws);
        Assert.True((found.X - x).abs().max().item<double>() <= 16 / 255.0 + 1e-12);
        Assert.True(found.Backwards.max().item<long>() <= attack.Steps);
        if (tau > 0) return;
        var left = found.Backwards.lt(attack.Steps);
        Assert.True(victim.Logits(found.X).argmax(1).ne(y).logical_or(left.logical_not()).all().item<bool>());
    }

    [Fact]
    public void The_mean_number_of_attack_steps_is_told()
    {
        using var bench = new Bench(new FatOptions { Attack = attack });
        bench.Step(0);
        Assert.InRange(bench.Tally.Values(0.1)["train.attackSteps"], 0, attack.Steps);
    }

    [Fact]
    public void An_attack_without_steps_to_stop_is_refused() =>
        Assert.Contains(new FatOptions { Attack = new FgsmOptions() }.Check(), f => f.Path == "attack.kind");
}
