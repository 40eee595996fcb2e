using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// Predicts the weight of the adversarial bank for each sample from the mean and deviation of its standardised channels: 2C numbers, a
/// hidden layer of max(16, C/4), ReLU, a sigmoid. It starts at 0.5. Told aside: <c>lambda.LAYER</c>. A reconstruction; the paper's own
/// generator is not known.
/// </summary>
internal sealed class WeightGenerator : Module
{
    private readonly string _layer;
    private readonly Sequence _net;

    public WeightGenerator(string layer, long channels)
    {
        var hidden = Math.Max(16, channels / 4);
        (_layer, _net) = (layer, Add("", new Sequence(new Linear(2 * channels, hidden), Apply.Relu, new Linear(hidden, 1, Init.Zero, Init.Zero))));
    }

    /// <summary>N weights in (0,1) from N x C x H x W, standardised by the standard bank's running statistics.</summary>
    public override Tensor Forward(Tensor x, Pass pass)
    {
        var statistics = Ops.cat([FeatureFusion.Mean(x), FeatureFusion.Deviation(x)], 1).flatten(1);
        var weight = _net.Forward(statistics, pass).sigmoid().squeeze(1);
        pass.Asides?.Add($"lambda.{_layer}", weight);
        return weight;
    }
}
