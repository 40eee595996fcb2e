using WebLab.Engine.Torch;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// How much of the map a decision rests on, each measure in [0,1] per sample: 1 for a constant map, 1/(H W) for a single pixel (but
/// <see cref="Mean"/>). They do not change when a map is scaled. Our own measures; the paper's is not known.
/// </summary>
/// <param name="Heat">max(map, 0) over its maximum, N x H x W; zero where the map is nowhere positive.</param>
/// <param name="Empty">Bool, N: the map is nowhere positive; all measures are 0.</param>
/// <param name="Mean">Mean heat, N: the area under the curve of <see cref="Above"/>.</param>
/// <param name="Participation">(sum h)^2 / (H W sum h^2), N.</param>
/// <param name="Entropy">exp(entropy of h / sum h) / (H W), N.</param>
public sealed record AttributionSpan(Tensor Heat, Tensor Empty, Tensor Mean, Tensor Participation, Tensor Entropy)
{
    /// <param name="map">Signed class maps, N x H x W.</param>
    public static AttributionSpan Of(Tensor map)
    {
        using var off = NoGrad.Enter();
        var positive = map.relu();
        var peak = positive.amax([1, 2], true);
        var empty = peak.eq(0);
        var heat = positive / Ops.where(empty, 1.0, peak);
        var flat = heat.flatten(1);
        var (sum, size, none) = (flat.sum(1), (double)flat.shape[1], empty.flatten());
        var whole = Ops.where(none, 1.0, sum);
        var share = flat / whole.unsqueeze(1);
        var entropy = (share * share.clamp_min(1e-30).log()).sum(1).neg().exp() / size;
        return new(heat, none, flat.mean(1), sum.square() / (Ops.where(none, 1.0, flat.square().sum(1)) * size), Ops.where(none, 0.0, entropy));
    }

    /// <summary>S(t): share of pixels with heat of at least t, N.</summary>
    /// <param name="t">In (0,1]; 0.5 is the headline.</param>
    public Tensor Above(double t) => Heat.ge(t).to(Heat.dtype).mean([1, 2]);
}
