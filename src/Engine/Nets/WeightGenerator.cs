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

    public override Tensor Forward(Tensor x, Pass pass) => throw new NotSupportedException("a generator runs inside its batch norm");

    /// <summary>N weights in (0,1) from N x C x H x W.</summary>
    /// <param name="x">As it enters the batch norm; only its statistics are standardised, which comes to the same.</param>
    /// <param name="mean">Running mean of the standard bank, C.</param>
    /// <param name="scale">One over its running deviation, C.</param>
    public Tensor Weights(Tensor x, Tensor mean, Tensor scale, Pass pass)
    {
        var means = (FeatureFusion.Mean(x).flatten(1) - mean) * scale;
        var deviations = FeatureFusion.Deviation(x, scale.reshape(1, -1, 1, 1)).flatten(1);
        var weight = _net.Forward(Ops.cat([means, deviations], 1), pass).sigmoid().squeeze(1);
        pass.Asides?.Add($"lambda.{_layer}", weight);
        return weight;
    }
}
