using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>Zeroes each value with probability <paramref name="rate"/> and scales the rest by 1/(1 - rate), in training passes only.</summary>
/// <param name="name">Name of the draw, unique in the network.</param>
/// <param name="rate">In [0,1).</param>
public sealed class Dropout(string name, double rate) : Module
{
    internal override bool IsRandom => rate > 0;

    public override Tensor Forward(Tensor x, Pass pass) =>
        pass.Train && rate > 0 ? x * Chance.Of(pass, name).Bernoulli("kept", 1 - rate, x.shape[1..]).to(x.dtype) / (1 - rate) : x;
}

/// <summary>
/// Drops the residual branch of whole samples with probability <paramref name="rate"/> and scales the others by 1/(1 - rate), in training
/// passes only (Huang et al. 2016). x: the branch, N x C x H x W.
/// </summary>
/// <param name="name">Name of the draw, unique in the network.</param>
/// <param name="rate">In [0,1).</param>
public sealed class StochasticDepth(string name, double rate) : Module
{
    internal override bool IsRandom => rate > 0;

    public override Tensor Forward(Tensor x, Pass pass) =>
        pass.Train && rate > 0 ? x * Chance.Of(pass, name).Bernoulli("kept", 1 - rate, 1, 1, 1).to(x.dtype) / (1 - rate) : x;
}

internal static class Chance
{
    public static Draws Of(Pass pass, string layer) =>
        (pass.Draws ?? throw new InvalidOperationException($"'{layer}' is random in training: the pass needs draws")).In(layer);
}
