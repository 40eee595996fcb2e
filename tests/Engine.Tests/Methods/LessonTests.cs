using WebLab.Engine.Methods;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Methods;

public sealed class LessonTests
{
    // torch 1.13.1, float64: cross_entropy(label_smoothing=0.1), and 0.7 of the first labels' plus 0.3 of the second's.
    [Fact]
    public void Smoothed_and_mixed_cross_entropy_are_those_of_pytorch()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(new StandardOptions());
        var logits = Tensor.From([1.0, -0.5, 0.25, 2.0, 0.0, -1.0], 2, 3);
        Lesson With(double smoothing, Mixture? mixture) => new()
        {
            X = logits,
            Y = Tensor.From<long>([0, 2], 2),
            Draws = new Rng(0).Draw("method", Ops.arange(2), 0, DType.Float64),
            Network = bench.Network,
            Optimizer = new SgdOptions().Build([]),
            Lr = _ => 0,
            LabelSmoothing = smoothing,
            Mixture = mixture,
        };
        var second = new Mixture(Tensor.From<long>([1, 2], 2), 0.7);
        Assert.Equal(1.8489108817057978, With(0, null).CrossEntropy(logits).item<double>(), 12);
        Assert.Equal(1.8197442150391312, With(0.1, null).CrossEntropy(logits).item<double>(), 12);
        Assert.Equal(2.073910881705798, With(0, second).CrossEntropy(logits).item<double>(), 12);
        Assert.Equal(2.022244215039131, With(0.1, second).CrossEntropy(logits).item<double>(), 12);
    }
}
