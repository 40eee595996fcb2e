using WebLab.Engine.Evaluations;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class AttributionSpanTests
{
    private const int Side = 8;

    [Fact]
    public void A_constant_map_spans_everything_and_a_single_pixel_itself()
    {
        using var scope = Scope.Enter();
        var dot = Ops.zeros([1, Side, Side], DType.Float64);
        dot[0][3][4].fill_(2);
        foreach (var (map, span) in new[] { (Ops.full([1, Side, Side], 0.3, DType.Float64), 1.0), (dot, 1.0 / (Side * Side)) })
        {
            var measured = AttributionSpan.Of(map);
            foreach (var measure in new[] { measured.Mean, measured.Participation, measured.Entropy, measured.Above(0.5) })
                Assert.Equal(span, measure.item<double>(), 12);
        }
    }

    [Fact]
    public void The_curve_falls_and_its_area_is_the_mean()
    {
        using var scope = Scope.Enter();
        var span = AttributionSpan.Of(Maps());
        var curve = Ops.stack([.. Enumerable.Range(1, 1000).Select(k => span.Above(k / 1000.0))], 1);
        Assert.True((curve.narrow(1, 0, 999) - curve.narrow(1, 1, 999)).min().item<double>() >= 0);
        Assert.True((curve.mean(1) - span.Mean).abs().max().item<double>() < 2e-3);
    }

    [Fact]
    public void Scaling_changes_nothing_and_a_map_without_evidence_is_empty()
    {
        using var scope = Scope.Enter();
        var (one, many) = (AttributionSpan.Of(Maps()), AttributionSpan.Of(Maps() * 37));
        Assert.True((one.Heat - many.Heat).abs().max().item<double>() < 1e-12);
        var empty = AttributionSpan.Of(-Ops.ones([1, Side, Side]));
        Assert.True(empty.Empty.item<bool>());
        foreach (var measure in new[] { empty.Mean, empty.Participation, empty.Entropy, empty.Above(0.5) }) Assert.Equal(0, measure.item<float>());
    }

    [Fact]
    public void The_mean_of_a_class_map_is_the_logit_without_its_bias()
    {
        using var scope = Scope.Enter();
        var draws = new Rng(2).Draw("maps", Ops.arange(4), 0, DType.Float64);
        var (a, w) = (draws.Uniform("a", 0, 1, 5, 4, 4), draws.Normal("w", 1, 5));
        var (k, m) = (Architectures.Labels(4, 4), Architectures.Labels(4, 4, seed: 9));
        Tensor Logit(Tensor rows) => (a.mean([2, 3]) * rows).sum(1);
        Assert.True((ClassMaps.Of(a, w, k).mean([1, 2]) - Logit(w.index_select(0, k))).abs().max().item<double>() < 1e-12);
        var masked = ClassMaps.Masked(a, w, w * 2, k, m).mean([1, 2]);
        Assert.True((masked - Logit(w.index_select(0, k) * w.index_select(0, m) * 2)).abs().max().item<double>() < 1e-12);
    }

    private static Tensor Maps() => new Rng(1).Draw("maps", Ops.arange(5), 0, DType.Float64).Uniform("map", -0.5, 1, Side, Side);
}
