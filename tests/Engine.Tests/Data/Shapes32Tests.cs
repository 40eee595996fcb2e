using WebLab.Engine.Data;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Data;

public class Shapes32Tests
{
    private const int TrainCount = 1500, TestCount = 500, Classes = 10;

    [Fact]
    public void A_seed_draws_the_same_images_and_another_seed_others()
    {
        Assert.Equal(Draw(20, 10, 5).Select(s => s.Pixels), Draw(20, 10, 5).Select(s => s.Pixels));
        Assert.NotEqual(Draw(20, 10, 5)[0].Pixels, Draw(20, 10, 6)[0].Pixels);
    }

    [Fact]
    public void An_image_depends_on_its_place_and_not_on_how_many_are_drawn() =>
        Assert.Equal(Draw(20, 10, 5).Take(20).Select(s => s.Pixels), Draw(40, 30, 5).Take(20).Select(s => s.Pixels));

    [Fact]
    public void Training_and_test_images_are_different_ones()
    {
        var samples = Draw(50, 50, 0);
        Assert.Equal(100, samples.Select(s => Convert.ToHexString(s.Pixels)).Distinct().Count());
    }

    [Fact]
    public void A_linear_probe_on_the_figure_alone_tells_the_class()
    {
        using var scope = Scope.Enter();
        var (train, test) = Halves(0);
        Assert.InRange(Probe.Fit(Figure(train.X), train.Y).Accuracy(Figure(test.X), test.Y), 0.85, 1);
    }

    [Fact]
    public void A_linear_probe_on_the_grating_alone_tells_the_class()
    {
        using var scope = Scope.Enter();
        var (train, test) = Halves(0);
        Assert.InRange(Probe.Fit(Grating(train.X), train.Y).Accuracy(Grating(test.X), test.Y), 0.99, 1);
    }

    [Fact]
    public void A_change_of_8_255_hands_the_grating_to_another_class_and_leaves_the_figure()
    {
        using var scope = Scope.Enter();
        var (train, test) = Halves(0);
        var next = (test.Y + 1).remainder(Classes);
        var change = Planes().index_select(0, next) - Planes().index_select(0, test.Y);
        Assert.InRange(change.abs().max().item<float>(), 0, 8 / 255f + 1e-6f);
        var changed = (test.X + change).clamp(0, 1);
        var grating = Probe.Fit(Grating(train.X), train.Y);
        Assert.InRange(grating.Accuracy(Grating(changed), test.Y), 0, 0.01);
        Assert.InRange(grating.Accuracy(Grating(changed), next), 0.95, 1);
        Assert.InRange(Probe.Fit(Figure(train.X), train.Y).Accuracy(Figure(changed), test.Y), 0.85, 1);
    }

    private static List<(Split Split, int Label, byte[] Pixels)> Draw(int train, int test, ulong seed)
    {
        using var reader = new Shapes32(train, test, seed);
        return Drawn.All(reader);
    }

    // X: N x 3 x 32 x 32 float32 in [0,1]; Y: N int64
    private static ((Tensor X, Tensor Y) Train, (Tensor X, Tensor Y) Test) Halves(ulong seed)
    {
        var samples = Draw(TrainCount, TestCount, seed);
        return (Tensors(samples.Take(TrainCount)), Tensors(samples.Skip(TrainCount)));

        static (Tensor, Tensor) Tensors(IEnumerable<(Split, int Label, byte[] Pixels)> part)
        {
            var all = part.ToArray();
            return (Tensor.From(all.SelectMany(s => s.Pixels).ToArray(), all.Length, 3, 32, 32).to(DType.Float32) / 255,
                Tensor.From(all.Select(s => (long)s.Label).ToArray(), all.Length));
        }
    }

    // The colour layout at an eighth of the size: no grating survives the averaging. N x 192
    private static Tensor Figure(Tensor x) => Ops.avg_pool2d(x, 4).flatten(1);

    // All cosine coefficients from index 20 up in either direction, of red - green + blue: no figure reaches there. N x 624
    private static Tensor Grating(Tensor x)
    {
        var basis = Cosines();
        var mixed = x.select(1, 0) - x.select(1, 1) + x.select(1, 2);
        var spectrum = Ops.einsum("uy,nyx,vx->nuv", basis, mixed, basis);
        return Ops.cat([spectrum.narrow(1, 20, 12).flatten(1), spectrum.narrow(1, 0, 20).narrow(2, 20, 12).flatten(1)], 1);
    }

    // The DCT-II basis, 32 x 32: row u holds cos(pi (2y + 1) u / 64).
    private static Tensor Cosines()
    {
        var u = Ops.arange(32, DType.Float32).reshape(32, 1);
        var y = Ops.arange(32, DType.Float32).reshape(1, 32);
        return (u * (2 * y + 1) * (Math.PI / 64)).cos();
    }

    // Each class's grating in three channels, 10 x 3 x 32 x 32
    private static Tensor Planes()
    {
        var basis = Cosines();
        var planes = Shapes32.Gratings.Select(g => basis[g.Vertical].reshape(32, 1) * basis[g.Horizontal].reshape(1, 32)).ToArray();
        var signs = Tensor.From(Shapes32.GratingSigns.Select(s => s * Shapes32.GratingAmplitude).ToArray(), 1, 3, 1, 1);
        return Ops.stack(planes).unsqueeze(1) * signs;
    }

    /// <summary>Least squares to one-hot labels with a ridge: the plainest linear classifier, in closed form.</summary>
    private sealed record Probe(Tensor Mean, Tensor Scale, Tensor Weight)
    {
        public static Probe Fit(Tensor features, Tensor y)
        {
            var mean = features.mean(0, keepdim: true);
            var scale = features.std(0, keepdim: true) + 1e-6;
            var f = Design(features, mean, scale);
            var gram = f.t().matmul(f) + Ops.eye(f.size(1), DType.Float64) * (0.01 * f.size(0));
            return new Probe(mean, scale, Ops.Call("linalg_solve", gram, f.t().matmul(y.one_hot(Classes).to(DType.Float64))));
        }

        public double Accuracy(Tensor features, Tensor y) =>
            Design(features, Mean, Scale).matmul(Weight).argmax(1).eq(y).to(DType.Float64).mean().item<double>();

        private static Tensor Design(Tensor features, Tensor mean, Tensor scale) =>
            Ops.cat([((features - mean) / scale).to(DType.Float64), Ops.ones([features.size(0), 1], DType.Float64)], 1);
    }
}
