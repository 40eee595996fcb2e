using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Nets;

/// <summary>Banks of batch norm that have their scale and shift, their statistics or both in common.</summary>
public sealed class SharedBanksTests
{
    private static readonly Pass training = new() { Train = true, Stats = StatsMode.BatchUpdate };

    public static TheoryData<string> All => Architectures.All;

    [Theory]
    [MemberData(nameof(All))]
    public void Banks_that_share_everything_are_a_plain_network(string kind)
    {
        using var scope = Scope.Enter();
        using var shared = Fresh(kind, affine: true, stats: true);
        using var plain = Fresh(kind, banks: 1);
        Assert.Equal(plain.State.Select(s => s.Name), shared.State.Select(s => s.Name));
        Pass By(Route route) => training with { Route = route, Draws = new Rng(3).Draw("pass", Ops.arange(4), 0, DType.Float64) };
        var x = Architectures.Images(4);
        var want = plain.Forward(x, By(Route.One(0)));
        Assert.True(want.equal(shared.Forward(x, By(Route.Chunks(1, 3)))));
        Assert.All(plain.State.Zip(shared.State), p => Assert.True(p.First.Slot.Value.equal(p.Second.Slot.Value), p.First.Name));
        Assert.True(plain.Forward(x, Pass.Eval).equal(shared.Forward(x, Pass.Eval with { Route = Route.One(1) })));
        Assert.All(shared.Plain(1), p => Assert.True(p.Value.equal(plain.Tensors()[p.Key]), p.Key));
    }

    [Fact]
    public void One_scale_and_shift_leave_every_bank_its_statistics()
    {
        using var scope = Scope.Enter();
        using var network = Fresh("tinycnn", affine: true);
        var own = network.State.Where(s => s.Name.StartsWith("bn1.aux_bn.0.", StringComparison.Ordinal)).Select(s => s.Name["bn1.aux_bn.0.".Length..]);
        Assert.Equal(["running_mean", "running_var", "num_batches_tracked"], own);
        var before = network.Tensors().ToDictionary(t => t.Key, t => t.Value.detach().clone());
        network.Forward(Architectures.Images(4, 8), training with { Route = Route.One(1) });
        Assert.All(network.State.Where(s => !s.Slot.Learned), s =>
            Assert.Equal(s.Name.Contains(".aux_bn.", StringComparison.Ordinal), !s.Slot.Value.equal(before[s.Name])));
    }

    [Fact]
    public void One_set_of_statistics_is_that_of_the_batch_as_a_whole()
    {
        using var scope = Scope.Enter();
        using var network = Fresh("tinycnn", stats: true);
        Assert.Equal(["weight", "bias"], network.State.Where(s => s.Name.StartsWith("bn1.aux_bn.0.", StringComparison.Ordinal)).Select(s => s.Name["bn1.aux_bn.0.".Length..]));
        var x = Architectures.Images(6, 8);
        var norm = new BatchNorm2d(3, 2);
        norm.Share(affine: false, stats: true);
        foreach (var (_, slot) in norm.State()) slot.Replace(slot.As(Device.Cpu, DType.Float64));
        using (NoGrad.Enter())
            foreach (var (name, slot) in norm.State().Where(s => s.Slot.Learned)) slot.Value.fill_(name.StartsWith("aux", StringComparison.Ordinal) ? 3 : 1);
        var z = norm.Forward(x, training with { Route = Route.Chunks(2, 4) });
        var plain = (x - x.mean([0, 2, 3], true)) / (x.var([0, 2, 3], false, true) + 1e-5).sqrt();
        Assert.True((z.narrow(0, 0, 2) - (plain.narrow(0, 0, 2) + 1)).abs().max().item<double>() < 1e-12);
        Assert.True((z.narrow(0, 2, 4) - ((plain.narrow(0, 2, 4) * 3) + 3)).abs().max().item<double>() < 1e-12);
        // The attacked bank alone moves them too: there are no others.
        var mean = norm.State().Single(s => s.Name == "running_mean").Slot.Value;
        Assert.True((mean - (x.mean([0, 2, 3]) * 0.1)).abs().max().item<double>() < 1e-12);
        norm.Forward(x, training with { Route = Route.One(1) });
        Assert.True((mean - (x.mean([0, 2, 3]) * 0.19)).abs().max().item<double>() < 1e-12);
        foreach (var (_, slot) in norm.State()) slot.Value.Dispose();
    }

    private static Network Fresh(string kind, int banks = 2, bool affine = false, bool stats = false)
    {
        var shape = new NetShape(3, 5, [0.5, 0.4, 0.3], [0.2, 0.25, 0.3], banks, ShareAffine: affine ? true : null, ShareStats: stats ? true : null);
        var network = Architectures.Narrow(kind).Build(shape);
        network.Initialise(new Rng(1));
        network.To(type: DType.Float64);
        return network;
    }
}
