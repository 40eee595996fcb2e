using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Nets;

public sealed class LayerTests
{
    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    [InlineData(12, 2)]
    [InlineData(8, 2)]
    public void Pointwise_convolutions_of_any_number_of_channels_are_convolutions(int inputs, int stride)
    {
        using var scope = Scope.Enter();
        var layer = new Conv2d(inputs, 6, 1, stride, bias: true);
        var slots = layer.State().ToDictionary(s => s.Name, s => s.Slot);
        var draws = new Rng(3).Draw("test", Ops.arange(2), 0, DType.Float64);
        foreach (var slot in slots.Values) slot.Replace(Ops.arange(slot.Shape.Aggregate(1L, (a, b) => a * b)).to(DType.Float64).cos().reshape([.. slot.Shape]));
        var x = draws.Uniform("x", -1, 1, inputs, 7, 7);
        var (mine, plain) = (Gradients(z => layer.Forward(z, Pass.Eval)), Gradients(z => Ops.conv2d(z, slots["weight"].Value, slots["bias"].Value, stride, 0, 1, 1)));
        foreach (var (a, b) in mine.Zip(plain)) Assert.True((a - b).abs().max().item<double>() < 1e-12);

        Tensor[] Gradients(Func<Tensor, Tensor> layer)
        {
            var leaf = x.detach().requires_grad_();
            var y = layer(leaf);
            return [y, .. Grad.Of(y.sin().sum(), leaf, slots["weight"].Value, slots["bias"].Value)];
        }
    }
}
