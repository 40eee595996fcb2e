using WebLab.Engine.Catalog;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Nets;

/// <summary>Attribution points and feature fusion, in float64.</summary>
public sealed class AttributionTests
{
    private const int N = 6, C = 5, K = 4;

    public static TheoryData<string> WithPlaces => [.. Kinds.Architectures.Entries.Where(e => e.Default() is ArchitectureOptions a && a.AttributionPlaces() > 0).Select(e => e.Kind)];

    [Theory]
    [MemberData(nameof(WithPlaces))]
    public void Inference_neither_reads_labels_nor_depends_on_the_batch(string kind)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        using var network = Architectures.Fresh(kind, method: new AgainOptions());
        var (x, y) = (Architectures.Images(N), Architectures.Labels(N));
        var (all, told) = (network.Heads(x, Pass.Eval), network.Heads(x, Pass.Eval with { Labels = y }));
        Assert.Equal(3, all.Length);
        for (var head = 0; head < 3; head++)
        {
            Assert.True(all[head].equal(told[head]));
            Assert.True((network.Heads(x.narrow(0, 2, 1), Pass.Eval)[head] - all[head].narrow(0, 2, 1)).abs().max().item<double>() < 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(WithPlaces))]
    public void Heads_of_ones_leave_the_plain_network(string kind)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        using var network = Architectures.Fresh(kind, method: new AgainOptions());
        using var plain = Architectures.Fresh(kind);
        foreach (var (name, slot) in network.Parameters.Where(p => p.Name.StartsWith("aux.", StringComparison.Ordinal))) slot.Value.fill_(1);
        var x = Architectures.Images(N);
        Assert.True((network.Forward(x, Pass.Eval) - plain.Forward(x, Pass.Eval)).abs().max().item<double>() < 1e-12);
    }

    [Theory]
    [MemberData(nameof(WithPlaces))]
    public void More_heads_than_places_are_refused(string kind)
    {
        var options = Architectures.Narrow(kind);
        var error = Assert.Throws<ArgumentException>(() => options.Build(new NetShape(3, K, Heads: options.AttributionPlaces() + 1)));
        Assert.Contains("places", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet18", 2, 11_184_222)]
    [InlineData("resnet18", 1, 11_179_092)]
    [InlineData("wrn", 2, 46_173_294)]
    public void Parameter_counts_are_those_of_the_papers(string kind, int heads, long count)
    {
        using var network = ((ArchitectureOptions)Kinds.Architectures.Find(kind)!.Default()).Build(new NetShape(3, 10, Heads: heads));
        Assert.Equal(count, network.ParameterCount);
    }

    [Fact]
    public void Training_demands_labels()
    {
        using var scope = Scope.Enter();
        using var point = new Bench();
        var a = Map("a");
        Assert.Throws<InvalidOperationException>(() => point.Run(a, new Pass { Train = true }));
        Assert.Throws<InvalidOperationException>(() => point.Run(a, new Pass { Train = true, Masking = new Masking.Labelled(0.6) }));
    }

    [Fact]
    public void Equal_labels_make_the_mixture_the_true_mask()
    {
        using var scope = Scope.Enter();
        using var point = new Bench();
        var (a, y) = (Map("a"), Ops.full([N], 2, DType.Int64));
        Assert.True((point.Run(a, Training(y, 0.3)) - point.Run(a, Training(y, 1))).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void Exchanging_the_classes_and_their_weights_changes_nothing()
    {
        using var scope = Scope.Enter();
        using var point = new Bench();
        var (a, y) = (Map("a"), Architectures.Labels(N, K));
        var second = y.index_select(0, Draws().Permutation("perm.0"));
        var back = new RecordedDraws(new Dictionary<string, Tensor> { ["perm.0"] = Draws().Permutation("perm.0").argsort() }, Ops.arange(N), DType.Float64);
        var exchanged = Training(second, 0.4) with { Draws = back };
        Assert.True((point.Run(a, Training(y, 0.6)) - point.Run(a, exchanged)).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void The_mean_of_the_masked_map_is_the_mixture_of_two_logits()
    {
        using var scope = Scope.Enter();
        using var point = new Bench();
        var (a, y) = (Map("a"), Architectures.Labels(N, K));
        var asides = new Asides();
        var masked = point.Run(a, Training(y, 0.6) with { Asides = asides });
        var z = asides.Of("aux.0")[0] - point.Bias;
        var second = y.index_select(0, Draws().Permutation("perm.0"));
        var want = (z.gather(1, y.unsqueeze(1)) * 0.6) + (z.gather(1, second.unsqueeze(1)) * 0.4);
        Assert.True((masked.mean([2, 3]).sum(1) - want.squeeze(1)).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void The_runner_up_is_the_best_other_class()
    {
        using var scope = Scope.Enter();
        using var point = new Bench();
        var a = Map("a");
        var asides = new Asides();
        point.Run(a, new Pass { Asides = asides });
        var order = asides.Of("aux.0")[0].argsort(1, true);
        var (first, second) = (order.select(1, 0), order.select(1, 1));
        var mixed = point.Run(a, Training(first, 0.7) with { Masking = new Masking.Labelled(0.7, Second: SecondClass.RunnerUp) });
        var want = (point.Run(a, new Pass { Masking = Masking.Of(first) }) * 0.7) + (point.Run(a, new Pass { Masking = Masking.Of(second) }) * 0.3);
        Assert.True((mixed - want).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void Fusion_with_all_weight_on_one_source_is_that_source()
    {
        using var scope = Scope.Enter();
        var (a, b) = (Map("a"), Map("b"));
        double Off(double[] gamma, Tensor other, Tensor want) => (FeatureFusion.Mix(a, other, Tensor.From(gamma, 4)) - want).abs().max().item<double>();
        Assert.True(Off([1, 0, 0, 0], b, a) < 1e-12);
        Assert.True(Off([0, 1, 0, 0], b, FeatureFusion.AdaIn(a, b)) < 1e-12);
        Assert.True(Off([0, 0, 0, 1], b, a) < 2e-4);
        Assert.True(Off([0.1, 0.2, 0.3, 0.4], a, a) < 1e-4);
        var mixed = FeatureFusion.Mix(a, b, Tensor.From([0.1, 0.2, 0.3, 0.4], 4));
        Assert.True((FeatureFusion.Mean(mixed) - (FeatureFusion.Mean(a) * 0.5) - (FeatureFusion.Mean(b) * 0.5)).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void Fusion_weights_are_uniform_on_the_simplex()
    {
        using var scope = Scope.Enter();
        var all = Ops.stack([.. Enumerable.Range(0, 2000).Select(step => FeatureFusion.Weights(new Rng(3).Draw("method", step, DType.Float64), DType.Float64))]);
        Assert.True(all.min().item<double>() >= 0);
        Assert.True((all.sum(1) - 1).abs().max().item<double>() < 1e-12);
        // Dirichlet(1,1,1,1): means 1/4, variances 3/80; the sum of two is Beta(2,2), of mean 1/2 and variance 1/20.
        Assert.True((all.mean([0]) - 0.25).abs().max().item<double>() < 0.02);
        Assert.True((all.var([0]) - 0.0375).abs().max().item<double>() < 0.004);
        Assert.Equal(0.05, (all.select(1, 0) + all.select(1, 3)).var().item<double>(), 0.005);
    }

    [Fact]
    public void Maps_of_one_pixel_cannot_be_fused()
    {
        using var scope = Scope.Enter();
        var dot = Ops.ones([2, 3, 1, 1]);
        Assert.Contains("one pixel", Assert.Throws<ArgumentException>(() => FeatureFusion.AdaIn(dot, dot)).Message, StringComparison.Ordinal);
    }

    private static Tensor Map(string name) => new Rng(4).Draw(name, Ops.arange(N), 0, DType.Float64).Uniform("map", 0, 1, C, 4, 4);

    private static Draws Draws() => new Rng(5).Draw("method", Ops.arange(N), 0, DType.Float64);

    private static Pass Training(Tensor y, double alpha) =>
        new() { Train = true, Labels = y, Draws = Draws(), Masking = new Masking.Labelled(alpha) };

    /// <summary>A point of its own with drawn weights.</summary>
    private sealed class Bench : IDisposable
    {
        private readonly AttributionPoint _point = new(0, C, K);

        public Bench()
        {
            using var scope = Scope.Enter();
            foreach (var (name, slot) in _point.State())
                slot.Replace(new Rng(6).Draw("weights", 0, DType.Float64).Normal(name, 1, [.. slot.Shape]).squeeze(0));
        }

        public Tensor Bias => _point.State().Single(s => s.Name == "bias").Slot.Value;

        public Tensor Run(Tensor a, Pass pass)
        {
            using var off = NoGrad.Enter();
            return _point.Forward(a, pass);
        }

        public void Dispose()
        {
            foreach (var (_, slot) in _point.State()) slot.Value.Dispose();
        }
    }
}
