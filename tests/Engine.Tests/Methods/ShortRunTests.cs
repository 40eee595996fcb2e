using WebLab.Engine.Attacks;
using WebLab.Engine.Data;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Data;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Methods;

/// <summary>How methods behave over some dozens of steps, with fixed seeds.</summary>
public sealed class ShortRunTests
{
    public static TheoryData<string> All => SmallMethods.All;

    [Theory]
    [MemberData(nameof(All))]
    public void Every_method_comes_to_know_a_batch(string kind)
    {
        using var scope = Scope.Enter();
        var options = SmallMethods.Options(kind);
        const int steps = 80;
        using var bench = new Bench(options);
        // Adversarial pre-training ends with clean images.
        for (var step = 0; step < steps; step++) bench.Step(step, epoch: options is AdversarialThenCleanOptions && step >= steps / 2 ? 100 : 1);
        // Fast AdvProp shows the second half of the batch to the other bank alone.
        var pass = Pass.Eval with { Route = options is FastAdvPropOptions ? Route.Chunks(Bench.N / 2, Bench.N / 2) : Route.Own };
        Assert.Equal(Architectures.Labels(Bench.N, Bench.Classes).ToArray<long>(), bench.Network.Forward(bench.X, pass).argmax(1).ToArray<long>());
    }

    [Fact]
    public void Each_bank_of_advprop_is_better_at_the_images_it_was_trained_on()
    {
        using var scope = Scope.Enter();
        var options = new AdvPropOptions { Targeted = false, Attack = new PgdOptions { StepSize = Budget.Of255(8), Steps = 1 } };
        const int steps = 224;
        using var network = new TinyCnnOptions().Build(options.Fit(new NetShape(3, 10, [0.5, 0.5, 0.5], [0.25, 0.25, 0.25])));
        network.Initialise(new Rng(2));
        using var method = options.Build(network, [64, 3, 32, 32]);
        using var optimizer = new SgdOptions().Build(method.Optimised(network));
        var (x, y) = Images(512);
        var tally = new Tally();
        for (var step = 0; step < steps; step++)
        {
            using var inner = Scope.Enter();
            var rows = new Rng(3).Permutation("order", 512, step / 8).narrow(0, step % 8 * 64, 64);
            var lesson = new Lesson
            {
                X = x.index_select(0, rows),
                Y = y.index_select(0, rows),
                Draws = new Rng(5).Draw("method", rows, step),
                Network = network,
                Optimizer = optimizer,
                Lr = _ => 0.1 * (1 - ((double)step / steps)),
            };
            method.Step(lesson);
            if (step >= steps / 2) tally += lesson.Tally;
        }

        double Clean(int bank) => network.Forward(x, Pass.Eval with { Route = Route.One(bank) }).argmax(1).eq(y).to(DType.Float64).mean().item<double>();
        double Attacked(int bank)
        {
            var attack = new PgdOptions { Steps = 5 }.Build();
            var outcome = attack.Run(new Victim(network, Pass.Eval with { Route = Route.One(bank) }), x, y, new Rng(7).Draw("attack", Ops.arange(512), 0));
            return 1 - outcome.Success.to(DType.Float64).mean().item<double>();
        }

        var told = $"clean {Clean(0)}, {Clean(1)}; attacked {Attacked(0)}, {Attacked(1)}; training {tally}";
        Assert.True(Clean(0) > Clean(1), told);
        Assert.True(Attacked(1) > Attacked(0), told);
        // More right answers under attack than without one: the labels would leak through the batch's statistics.
        Assert.True((double)tally.AdversarialRight / tally.AdversarialSeen < ((double)tally.CleanRight / tally.CleanSeen) + 0.05, told);
    }

    private static (Tensor X, Tensor Y) Images(int count)
    {
        using var reader = new Shapes32(count, 0);
        var all = Drawn.All(reader);
        var pixels = Tensor.From(all.SelectMany(s => s.Pixels).Select(b => b / 255f).ToArray(), count, 3, Shapes32.Side, Shapes32.Side);
        return (pixels, Tensor.From(all.Select(s => (long)s.Label).ToArray(), count));
    }
}
