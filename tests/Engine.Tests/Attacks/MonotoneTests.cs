using WebLab.Engine.Attacks;
using WebLab.Engine.Data;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Data;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;
using Xunit;

namespace WebLab.Engine.Tests.Attacks;

/// <summary>More effort never does worse.</summary>
public sealed class MonotoneTests
{
    [Theory]
    [InlineData("apgd")]
    [InlineData("apgd l2")]
    [InlineData("apgd l1")]
    public void The_best_loss_of_apgd_is_the_largest_that_was_seen(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var watch = new Highest(Scene.N);
        var options = (ApgdOptions)Scene.Options(kind) with { FixedRadius = true, StopAtSuccess = false };
        var attack = (AutoPgd)options.Build();
        var goal = new Untargeted(scene.Y, Losses.CrossEntropy);
        var draws = new Rng(1).Draw("attack", scene.Samples, 0, DType.Float64);
        var climb = attack.Ascend(new Hunt(new Victim(scene.Network), scene.X, goal, draws, Ops.arange(Scene.N), 0) { Observer = watch });
        Assert.Equal(watch.Losses, climb.BestLoss.ToArray<double>());
        Assert.True(goal.Loss(scene.Network.Forward(climb.Best, Pass.Eval)).sub(climb.BestLoss).abs().max().item<double>() < 1e-9);
    }

    [Theory]
    [InlineData("pgd")]
    [InlineData("pgd l2")]
    [InlineData("pgd l1")]
    public void Further_restarts_break_no_fewer_samples(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var before = Ops.zeros_like(scene.Y, DType.Bool);
        foreach (var restarts in new[] { 1, 2, 4 })
        {
            var broken = scene.Run((PgdOptions)Scene.Options(kind) with { Steps = 2, Restarts = restarts }).Success;
            Assert.False(before.logical_and(broken.logical_not()).any().item<bool>());
            before = broken;
        }
    }

    [Theory]
    [InlineData("fab")]
    [InlineData("fab l2")]
    [InlineData("fab l1")]
    [InlineData("fab-t")]
    public void Minimal_distances_do_not_grow_with_further_steps(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var before = Ops.full([Scene.N], double.PositiveInfinity, DType.Float64);
        foreach (var steps in new[] { 3, 10, 30 })
        {
            var options = (BoundaryOptions)Scene.Options(kind) with { Steps = steps, Eps = Budget.Parse("1000"), StopAtSuccess = false };
            var outcome = scene.Run(options);
            var size = Scene.NormOf(options) switch { Norm.Linf => outcome.Linf, Norm.L2 => outcome.L2, _ => outcome.L1 };
            var distance = Ops.where(outcome.Success, size, double.PositiveInfinity);
            Assert.True(distance.le(before).all().item<bool>());
            before = distance;
        }
    }

    [Theory]
    [InlineData("fab")]
    [InlineData("fab-t l1")]
    [InlineData("cw-inf")]
    [InlineData("apgd")]
    public void A_sample_that_breaks_within_a_radius_breaks_within_a_larger_one(string kind)
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var radius = Scene.Radius(Scene.NormOf(Scene.Options(kind))).Value;
        var before = Ops.zeros_like(scene.Y, DType.Bool);
        foreach (var factor in new[] { 0.25, 0.5, 1, 4 })
        {
            var broken = scene.Run(Scene.Options(kind, Scene.Of(factor * radius))).Success;
            Assert.False(before.logical_and(broken.logical_not()).any().item<bool>());
            before = broken;
        }
    }

    [Fact]
    public void A_radius_for_each_sample_is_that_radius()
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        foreach (var norm in Enum.GetValues<Norm>())
        {
            var radius = Scene.Radius(norm).Value;
            var own = Ops.linspace(0.5 * radius, radius, Scene.N, DType.Float64).reshape(-1, 1, 1, 1);
            var draws = new Rng(1).Draw("attack", scene.Samples, 0, DType.Float64);
            Goal Goal(Tensor y) => new Untargeted(y, Losses.CrossEntropy);
            var all = new GradientAttack(new Ascent(norm, radius, 0.4, 4, Start.Uniform) { Radii = own }).Craft(new Victim(scene.Network), scene.X, Goal(scene.Y), draws);
            for (var k = 0; k < Scene.N; k++)
            {
                var (r, row) = (own[k].item<double>(), Tensor.From<long>([k], 1));
                var one = new GradientAttack(new Ascent(norm, r, 0.4 * r, 4, Start.Uniform))
                    .Craft(new Victim(scene.Network), scene.X.index_select(0, row), Goal(scene.Y.index_select(0, row)), draws.Select(row));
                Assert.True((all.X[k] - one.X[0]).abs().max().item<double>() < 1e-9);
            }
        }
    }

    [Fact]
    public void Stronger_attacks_leave_fewer_samples_of_a_trained_network()
    {
        using var scope = Scope.Enter();
        using var network = Trained();
        var (x, y) = Images(200, Split.Test);
        double Robust(AttackOptions options)
        {
            var outcome = options.Build().Run(new Victim(network), x, y, new Rng(2).Draw("attack", Ops.arange(200), 0));
            return 1 - outcome.Success.to(DType.Float64).mean().item<double>();
        }

        var eps = Budget.Of255(4);
        double[] accuracies =
        [
            Robust(new NoiseOptions { Eps = eps }), Robust(new FgsmOptions { Eps = eps }),
            Robust(new PgdOptions { Eps = eps, StepSize = Budget.Of255(1), Steps = 10 }), Robust(new PgdOptions { Eps = eps, StepSize = Budget.Of255(1), Steps = 40 }) - 0.005,
            // The same loss: another one may miss an image or two that this one finds, on whatever network the threads of this run trained.
            Robust(new ApgdOptions { Eps = eps, Steps = 100 }) - 0.01,
        ];
        var told = string.Join(", ", accuracies);
        Assert.All(accuracies.Skip(1).Zip(accuracies), p => Assert.True(p.First <= p.Second + 1e-12, told));
        Assert.True(accuracies[0] > accuracies[1] + 0.05 && accuracies[1] > accuracies[3], told);
    }

    // TinyCNN after 128 steps of standard training on shapes32.
    private static Network Trained()
    {
        var network = new TinyCnnOptions().Build(new NetShape(3, 10, [0.5, 0.5, 0.5], [0.25, 0.25, 0.25]));
        using var scope = Scope.Enter();
        network.Initialise(new Rng(1));
        using var method = new StandardOptions().Build(network, [64, 3, 32, 32]);
        using var optimizer = new SgdOptions().Build(network.Parameters);
        var (x, y) = Images(512, Split.Train);
        for (var step = 0; step < 128; step++)
        {
            using var inner = Scope.Enter();
            var rows = new Rng(3).Permutation("order", 512, step / 8).narrow(0, step % 8 * 64, 64);
            method.Step(new Lesson
            {
                X = x.index_select(0, rows), Y = y.index_select(0, rows), Draws = new Rng(5).Draw("method", rows, step), Network = network, Optimizer = optimizer, Lr = _ => 0.1,
            });
        }

        return network;
    }

    private static (Tensor X, Tensor Y) Images(int count, Split split)
    {
        using var reader = new Shapes32(split == Split.Train ? count : 0, split == Split.Test ? count : 0);
        var all = Drawn.All(reader);
        return (Tensor.From(all.SelectMany(s => s.Pixels).Select(b => b / 255f).ToArray(), count, 3, Shapes32.Side, Shapes32.Side),
            Tensor.From(all.Select(s => (long)s.Label).ToArray(), count));
    }

    // The largest loss of each sample.
    private sealed class Highest(int count) : IStepObserver
    {
        public double[] Losses { get; } = [.. Enumerable.Repeat(double.NegativeInfinity, count)];

        public void OnStep(AttackStep step)
        {
            foreach (var (row, loss) in step.Rows.ToArray<long>().Zip(step.Loss.detach().ToArray<double>())) Losses[row] = Math.Max(Losses[row], loss);
        }
    }
}
