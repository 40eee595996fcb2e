using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

public sealed class FastAdvPropTests
{
    private static readonly FastAdvPropOptions options = new() { AttackedShare = 0.5 };

    [Fact]
    public void The_main_bank_sees_one_pass_and_the_other_two()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options);
        bench.Step(0);
        foreach (var (name, slot) in bench.Network.State.Where(s => s.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)))
            Assert.Equal(name.Contains(".aux_bn.", StringComparison.Ordinal) ? 2 : 1, slot.Value.item<long>());
        Assert.Equal((4, 4, 8), (bench.Tally.CleanSeen, bench.Tally.AdversarialSeen, bench.Tally.Images));
    }

    [Fact]
    public void Synchronising_changes_the_batch_norms_alone()
    {
        using var scope = Scope.Enter();
        using var one = new Bench(options);
        using var two = new Bench(options with { Synchronise = false });
        Assert.Equal(one.Step(0), two.Step(0));
        foreach (var ((name, a), (_, b)) in one.Network.Parameters.Zip(two.Network.Parameters))
            Assert.Equal(!name.StartsWith("bn", StringComparison.Ordinal), a.Value.equal(b.Value));
    }

    [Fact]
    public void Without_noise_the_loss_is_the_mean_over_the_batch_in_its_groups()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(options with { Eps = Budget.Zero, StepSize = Budget.Zero });
        var (x, y) = (Architectures.Images(Bench.N, 8), Architectures.Labels(Bench.N, Bench.Classes));
        double Sum(int from, int bank) => Losses.CrossEntropy(bench.Network.Forward(x.narrow(0, from, 4),
            new Pass { Stats = StatsMode.Batch, Route = Route.One(bank) }), y.narrow(0, from, 4)).sum().item<double>();
        var expected = (Sum(0, 0) + Sum(4, 1)) / Bench.N;
        Assert.Equal(expected, bench.Step(0), 9);
    }

    [Fact]
    public void A_share_that_leaves_too_few_images_is_refused()
    {
        using var network = Architectures.Fresh("tinycnn", Bench.Classes, method: options);
        var error = Assert.Throws<ArgumentException>(() => (options with { AttackedShare = 0.1 }).Build(network, [8, 3, 8, 8]).Dispose());
        Assert.Contains("2", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ArgumentException>(() => (options with { Groups = 4 }).Build(network, [8, 3, 8, 8]).Dispose());
        Assert.Contains("4 groups", error.Message, StringComparison.Ordinal);
    }
}
