using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// Statistics of feature maps, exchanged and mixed: AdaIN (Huang and Belongie 2017) and the hybrid feature fusion of AGAIN (Yin et al. 2023).
/// Maps: N x C x H x W with more than one pixel; a statistic is N x C x 1 x 1, per sample and channel.
/// </summary>
public static class FeatureFusion
{
    private const double Eps = 1e-5;

    private static readonly long[] plane = [2, 3];

    /// <summary>Mean over the map.</summary>
    public static Tensor Mean(Tensor a) => a.mean(plane, true);

    /// <summary>sqrt(unbiased variance over the map + 1e-5).</summary>
    /// <param name="a">The maps.</param>
    /// <param name="scale">What they are multiplied by first, of a statistic's shape; absent: nothing.</param>
    /// <exception cref="ArgumentException">A map of one pixel has no variance.</exception>
    public static Tensor Deviation(Tensor a, Tensor? scale = null) => a.shape[2] * a.shape[3] > 1
        ? (scale is null ? a.var(plane, true, true) : a.var(plane, true, true) * scale.square()).add(Eps).sqrt()
        : throw new ArgumentException($"maps of one pixel have no spatial variance; got {a.Describe()}: larger images or an earlier place are needed");

    /// <summary>a with the statistics of b: sigma(b) (a - mu(a)) / sigma(a) + mu(b).</summary>
    public static Tensor AdaIn(Tensor a, Tensor b) => Restyle(a, Mean(b), Deviation(b));

    /// <summary>
    /// a with a mixture of four statistics: its own, b's, those of AdaIN(a, b) and of AdaIN(b, a). The last two nearly equal the first
    /// two, but not where a channel is constant, so the long form stands.
    /// </summary>
    /// <param name="a">Keeps its shape.</param>
    /// <param name="b">Lends its statistics.</param>
    /// <param name="gamma">Four weights, non-negative, of sum 1; shared by the batch.</param>
    public static Tensor Mix(Tensor a, Tensor b, Tensor gamma)
    {
        Tensor[] sources = [a, b, AdaIn(a, b), AdaIn(b, a)];
        Tensor Sum(Func<Tensor, Tensor> statistic) => sources.Select((map, k) => statistic(map) * gamma[k]).Aggregate((s, t) => s + t);
        return Restyle(a, Sum(Mean), Sum(map => Deviation(map)));
    }

    /// <summary>The gaps of [0,1] cut at three uniform points, uniform on the simplex; one draw for the whole batch.</summary>
    public static Tensor Weights(Draws draws, DType type) => draws.Shared().Composed("gamma", d =>
    {
        var cuts = d.Uniform("cuts", 0, 1, 3).reshape(3).sort(0).values;
        var edges = Ops.cat([Ops.zeros_like(cuts.narrow(0, 0, 1)), cuts, Ops.ones_like(cuts.narrow(0, 0, 1))]);
        return edges.narrow(0, 1, 4) - edges.narrow(0, 0, 4);
    }).to(type);

    private static Tensor Restyle(Tensor a, Tensor mean, Tensor deviation) => (deviation * (a - Mean(a)) / Deviation(a)) + mean;
}
