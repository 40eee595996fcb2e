using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

public sealed class LasAtTests
{
    private static readonly LasAtOptions options = new()
    {
        Policy = new TinyCnnOptions(),
        StepsFrom = 1,
        StepsTo = 4,
        PolicyLr = 0.1,
        Judge = new PgdOptions { Steps = 2, Restarts = 2 },
    };

    [Fact]
    public void Teaching_the_policy_leaves_the_network_alone()
    {
        using var scope = Scope.Enter();
        var fixedStrategy = options with { EpsFrom = 8, EpsTo = 8, StepsFrom = 2, StepsTo = 2, StepSizeFrom = 2, StepSizeTo = 2 };
        using var taught = new Bench(fixedStrategy with { PolicyEvery = 1 });
        using var untaught = new Bench(fixedStrategy with { PolicyEvery = 1000 });
        Assert.Equal(untaught.Step(0), taught.Step(0));
        Assert.All(taught.Network.State.Zip(untaught.Network.State), p => Assert.True(p.First.Slot.Value.equal(p.Second.Slot.Value), p.First.Name));
        Assert.Equal(untaught.Tally, taught.Tally);
    }

    [Fact]
    public void The_policy_learns_on_its_batches_alone()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options with { PolicyEvery = 2 });
        var before = Policy(bench);
        bench.Step(0);
        Assert.All(Policy(bench), p => Assert.True(p.Value.equal(before[p.Key]), p.Key));
        bench.Step(1);
        Assert.All(Policy(bench), p => Assert.False(p.Value.equal(before[p.Key]), p.Key));
    }

    [Fact]
    public void The_first_reward_sets_the_baseline_where_one_is_asked_for()
    {
        using var bench = new Bench(options with { PolicyEvery = 1, BaselineDecay = 0.9 });
        bench.Step(0);
        Assert.InRange(bench.Method.State.Single(s => s.Name == "baseline").Value.item<double>(), 0, 10 + 4 + 2);
    }

    [Fact]
    public void Every_sample_keeps_its_own_radius_and_steps()
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh("tinycnn");
        var (x, y) = (Architectures.Images(8, 8), Architectures.Labels(8));
        var radii = Tensor.From<double>([.. Enumerable.Range(3, 8).Select(k => k / 255.0)], 8);
        var steps = Tensor.From<long>([1, 2, 3, 4, 4, 3, 2, 1], 8);
        var sizes = Tensor.From<double>([.. Enumerable.Range(0, 8).Select(k => (1 + (k % 4)) / 255.0)], 8);
        Found Run(Tensor many) => new StrategyPgd(radii, many, sizes, Start.Uniform, 8 / 255.0).Craft(
            new Victim(network), x, new Untargeted(y, Losses.CrossEntropy), new Rng(1).Draw("attack", Ops.arange(8), 0, DType.Float64));

        var found = Run(steps);
        Assert.True((found.X - x).abs().amax([1, 2, 3]).le(radii + 1e-12).all().item<bool>());
        Assert.True(found.Backwards.equal(steps));
        Assert.True(found.X[1].equal(Run(Ops.full([8], 2, DType.Int64)).X[1]));
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.49, 0)]
    [InlineData(0.51, 1)]
    [InlineData(0.999999, 1)]
    public void Choices_follow_the_probabilities(double u, long chosen)
    {
        using var scope = Scope.Enter();
        var draws = new RecordedDraws(new Dictionary<string, Tensor> { ["choice"] = Tensor.From<double>([u], 1, 1) }, Ops.arange(1), DType.Float64);
        // Equal chance for the first two of three values, none for the third.
        Assert.Equal(chosen, StrategyPolicy.Sample(Tensor.From<double>([0, 0, -1000], 1, 3), draws).item<long>());
    }

    [Fact]
    public void A_range_that_ends_before_it_begins_is_refused() =>
        Assert.Contains((options with { EpsFrom = 9, EpsTo = 8 }).Check(), f => f.Path == "epsFrom");

    private static Dictionary<string, Tensor> Policy(Bench bench) =>
        bench.Method.State.Where(s => s.Name.StartsWith("policy.", StringComparison.Ordinal)).ToDictionary(s => s.Name, s => s.Value.detach().clone());
}
