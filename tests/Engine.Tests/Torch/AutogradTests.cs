using WebLab.Engine.Torch;
using Xunit;
using static WebLab.Engine.Torch.Ops;

namespace WebLab.Engine.Tests.Torch;

public class AutogradTests
{
    public static TheoryData<string> Functions => [.. Cases.Keys];

    private static readonly Dictionary<string, Func<Tensor, Tensor>> Cases = new()
    {
        ["tanh"] = x => x.tanh(),
        ["quotient"] = x => 2 / (x.square() + 1.5) - x / 3,
        ["log-softmax"] = x => x.reshape(4, 9).log_softmax(1) * Fixed(4, 9),
        ["cross-entropy"] = x => cross_entropy_loss(x.reshape(4, 9), Tensor.From(new long[] { 0, 3, 8, 2 }), reduction: Reduction.None),
        ["cross-entropy of soft labels"] = x => cross_entropy_loss(x.reshape(4, 9), Fixed(4, 9).softmax(1), label_smoothing: 0.1),
        ["kl"] = x => kl_div(x.reshape(4, 9).log_softmax(1), Fixed(4, 9).softmax(1), Reduction.None),
        ["conv2d"] = x => conv2d(x, Fixed(2, 1, 3, 3), Fixed(2), stride: 2, padding: 1) * Fixed(1, 2, 3, 3),
        ["batch norm"] = x => batch_norm(x.reshape(6, 2, 3, 1), Fixed(2), Fixed(2), null, null, true) * Fixed(6, 2, 3, 1),
        ["pools"] = x => max_pool2d(x, 2) + avg_pool2d(x, 2) * 3 + adaptive_avg_pool2d(x, 3, 3),
        ["bilinear"] = x => upsample_bilinear2d(x, 9, 7).square(),
        ["grid"] = x => grid_sampler(x, affine_grid_generator(Fixed(1, 2, 3), [1, 1, 5, 5])).square(),
        ["matmul"] = x => x.reshape(6, 6).matmul(Fixed(6, 2)).silu(),
        ["norms"] = x => x.flatten(1).norm(2, 1) + x.flatten(1).norm(1, 1),
        ["picks"] = x => x.reshape(4, 9).gather(1, Tensor.From(new long[] { 1, 5, 8, 0 }, 4, 1)).pow(3) + x.reshape(4, 9).amax(1, true) + x.reshape(4, 9).topk(2, 1).values,
        ["pads and rolls"] = x => reflection_pad2d(x, [1, 2, 1, 0]).square().sum() + constant_pad_nd(x, [1, 1]).roll([1], [3]).pow(3).sum(),
        ["where"] = x => where(x.gt(0), x.square(), x * 0.1),
        ["index"] = x => x.reshape(36).index(Tensor.From(new long[] { 1, 1, 7 })).exp(),
        ["var"] = x => x.reshape(4, 9).var(1) + x.std(),
    };

    [Theory, MemberData(nameof(Functions))]
    public void Gradients_equal_finite_differences(string name)
    {
        using var scope = Scope.Enter();
        var f = Cases[name];
        var x = Fixed(1, 1, 6, 6).requires_grad_();
        var gradient = Grad.Of(f(x).sum(), x).ToArray<double>();
        var at = x.ToArray<double>();
        const double H = 1e-6;
        for (var k = 0; k < at.Length; k++)
        {
            var numeric = (Value(k, H) - Value(k, -H)) / (2 * H);
            Assert.True(Math.Abs(numeric - gradient[k]) < 1e-6 * Math.Max(1, Math.Abs(numeric)), $"{name}[{k}]: {gradient[k]} and {numeric}");
        }

        double Value(int k, double shift)
        {
            var moved = (double[])at.Clone();
            moved[k] += shift;
            return f(Tensor.From(moved, 1, 1, 6, 6)).sum().item<double>();
        }
    }

    [Fact]
    public void Gradients_of_several_inputs_come_in_their_order_and_touch_no_leaf()
    {
        using var scope = Scope.Enter();
        var a = full([2], 3.0).requires_grad_();
        var b = full([2], 5.0).requires_grad_();
        var grads = Grad.Of((a * b).sum(), a, b);
        Assert.Equal([5, 5], grads[0].ToArray<double>());
        Assert.Equal([3, 3], grads[1].ToArray<double>());
        Assert.Null(a.grad);
    }

    [Fact]
    public void A_loss_per_sample_is_summed()
    {
        using var scope = Scope.Enter();
        var x = full([3], 2.0).requires_grad_();
        Assert.Equal([4, 4, 4], Grad.Of(x.square(), x).ToArray<double>());
    }

    [Fact]
    public void Backward_accumulates_into_leaves()
    {
        using var scope = Scope.Enter();
        var w = full([2], 2.0).requires_grad_();
        w.square().sum().backward();
        w.square().sum().backward();
        Assert.Equal([8, 8], w.grad!.ToArray<double>());
        w.grad = null;
        Assert.Null(w.grad);
    }

    [Fact]
    public void Second_derivatives_follow_from_a_kept_graph()
    {
        using var scope = Scope.Enter();
        var x = Tensor.Of(2.0).requires_grad_();
        var first = Grad.Of([x.pow(3)], [x], createGraph: true)[0];
        Assert.Equal(12, first.item<double>());
        Assert.Equal(12, Grad.Of(first, x).item<double>());
    }

    [Fact]
    public void An_input_without_influence_is_an_error_or_zero_when_allowed()
    {
        using var scope = Scope.Enter();
        var x = ones([2]).requires_grad_();
        var y = ones([2]).requires_grad_();
        Assert.Throws<TorchException>(() => Grad.Of(x.sum(), y));
        Assert.Equal([0, 0], Grad.Of([x.sum()], [y], allowUnused: true)[0].ToArray<float>());
    }

    [Fact]
    public void No_graph_is_recorded_inside_no_grad_and_modes_nest()
    {
        using var scope = Scope.Enter();
        var x = ones([2]).requires_grad_();
        using (NoGrad.Enter())
        {
            Assert.False((x * 2).requires_grad);
            using (WithGrad.Enter())
                Assert.True((x * 2).requires_grad);
            Assert.False((x * 2).requires_grad);
        }
        Assert.True((x * 2).requires_grad);
        Assert.False(x.detach().requires_grad);
        Assert.True(x.is_leaf);
    }

    [Fact]
    public void Autocast_lowers_the_precision_of_products_and_ends()
    {
        using var scope = Scope.Enter();
        var a = ones([4, 4]);
        using (Autocast.Enter(DeviceKind.Cpu))
        {
            Assert.Equal(DType.BFloat16, a.mm(a).dtype);
            using (Autocast.Enter(DeviceKind.Cpu, enabled: false))
                Assert.Equal(DType.Float32, a.mm(a).dtype);
        }
        Assert.Equal(DType.Float32, a.mm(a).dtype);
    }

    // float64 numbers without ties or kinks
    private static Tensor Fixed(params long[] shape) =>
        (arange(shape.Aggregate(1L, (a, b) => a * b)).to(DType.Float64) * 1.37 + 0.4).sin().mul(1.3).reshape(shape);
}
