using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// A linear head on the pooled map, z = W mean(A) + b, whose weight rows re-weight the map's channels (attribution span enlargement, Yin et
/// al. 2023; with alpha 1, channel-wise activation suppressing, Bai et al. 2021). Told aside: <c>map.INDEX</c>, the map; <c>aux.INDEX</c>, its logits.
/// A: N x C x H x W. Nothing is detached; the class that a prediction chooses is an index and has no gradient.
/// </summary>
public sealed class AttributionPoint : Module
{
    private readonly int _index;
    private readonly Slot _weight;
    private readonly Slot _bias;

    /// <param name="index">Number of the point in the network, from 0.</param>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="classes">Rows of the head.</param>
    public AttributionPoint(int index, long channels, long classes)
    {
        _index = index;
        _weight = Parameter("weight", Init.Library(channels), classes, channels);
        _bias = Parameter("bias", Init.Library(channels), classes);
    }

    internal override bool IsRandom => true;

    /// <exception cref="InvalidOperationException">A training pass without labels or without a masking by labels.</exception>
    public override Tensor Forward(Tensor x, Pass pass)
    {
        if (pass.Train && pass.Masking is not Masking.Labelled)
            throw new InvalidOperationException("a training pass through attribution points needs a masking by labels");
        if (pass.Masking is Masking.Labelled { Fuse: true } how && _index == 0)
            x = FeatureFusion.Mix(x, Partner(x, pass, how), FeatureFusion.Weights(Draws(pass), x.dtype));
        pass.Asides?.Add($"map.{_index}", x);
        var z = Ops.linear(x.mean([2, 3]), _weight.Value, _bias.Value);
        pass.Asides?.Add($"aux.{_index}", z);
        return x * Row(z, pass).unsqueeze(2).unsqueeze(3);
    }

    // N x C
    private Tensor Row(Tensor z, Pass pass) => pass.Masking switch
    {
        Masking.OfBelief => z.softmax(1).matmul(_weight.Value),
        Masking.Given given => Rows(given.Classes),
        Masking.Labelled labelled => Mixed(z, pass, labelled),
        _ => Rows(z.detach().argmax(1)),
    };

    // The map that lends its statistics.
    private Tensor Partner(Tensor x, Pass pass, Masking.Labelled how) => how.Partner switch
    {
        FusionPartner.Clean => how.CleanMap ?? throw new InvalidOperationException("fusion with clean maps needs them in the masking"),
        FusionPartner.Other => x.index_select(0, Draws(pass).Permutation("partner")),
        _ => x.index_select(0, Permutation(pass)),
    };

    private Tensor Mixed(Tensor z, Pass pass, Masking.Labelled how)
    {
        var y = pass.Labels ?? throw new InvalidOperationException("attribution points read labels in training; the pass has none");
        if (how.Alpha == 1) return Rows(y);
        var second = how.Second == SecondClass.Permutation ? y.index_select(0, Permutation(pass))
            : z.detach().scatter(1, y.unsqueeze(1), double.NegativeInfinity).argmax(1);
        return (Rows(y) * how.Alpha) + (Rows(second) * (1 - how.Alpha));
    }

    private Tensor Rows(Tensor classes) => _weight.Value.index_select(0, classes);

    // The permutation of y' and of the fused map is one and the same.
    private Tensor Permutation(Pass pass) => Draws(pass).Permutation($"perm.{_index}");

    private static Draws Draws(Pass pass) =>
        pass.Draws ?? throw new InvalidOperationException("attribution points permute the batch in training: the pass needs draws");
}
