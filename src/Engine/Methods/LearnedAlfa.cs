using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>How location weights are kept to sum one.</summary>
public enum WeightProjection
{
    /// <summary>The same amount off each, negatives allowed (the released code).</summary>
    AffineL1,

    /// <summary>The nearest point of the probability simplex.</summary>
    Simplex,
}

[Kind("l-alfa", "L-ALFA", "Attacks feature maps at many places and learns how strong each may be.",
    Group = "Clean accuracy", Source = "Chen et al. 2021 (code of CV_A-FAN)")]
public sealed record LearnedAlfaOptions : FeatureOptions
{
    public LearnedAlfaOptions() => (StepSize, Steps) = (Budget.Of255(1), 3);

    [Range(0.0, 100.0), Advanced, Description("Weight of the L1 norm of the location weights.")]
    public double L1 { get; init; } = 1;

    [Range(0.0, 10.0), Advanced, Description("Learning rate of the location weights; it has no schedule.")]
    public double WLr { get; init; } = 0.01;

    [Range(0.0, 0.9999), Advanced, Description("Momentum of the location weights.")]
    public double WMomentum { get; init; } = 0.9;

    [Advanced, Description("How the location weights are kept to sum one: affine-l1 or simplex.")]
    public WeightProjection WProjection { get; init; } = WeightProjection.AffineL1;

    public override Method Build(Network network, IReadOnlyList<long> batch) => new LearnedAlfa(this, network);

    protected override IReadOnlyList<string> OwnPlaces(ArchitectureOptions model) => model.SpreadPlaces();
}

/// <summary>
/// (1 - s) CE(f(x), y) + s mean over k of CE(h_k(z_k + w_k d_k), y) + mu |w|_1 with sum w = 1; d_k is the full attack at place k, w is
/// lowered together with the network's weights.
/// </summary>
public sealed class LearnedAlfa : Method
{
    private readonly LearnedAlfaOptions _options;
    private readonly FeaturePlaces _places;
    private readonly Tensor _w;
    private readonly Tensor _momentum;

    public LearnedAlfa(LearnedAlfaOptions options, Network network)
    {
        using var scope = Scope.Enter();
        (_options, _places) = (options, new FeaturePlaces(options, network));
        var (like, k) = (network.Parameters.First().Slot.Value, _places.Names.Count);
        _w = Ops.full([k], 1.0 / k, like.dtype, like.device).Unscoped();
        _momentum = Ops.zeros([k], like.dtype, like.device).Unscoped();
    }

    /// <summary><c>w</c>: one weight per place; <c>momentum.w</c>: its momentum.</summary>
    public override IReadOnlyList<(string Name, Tensor Value)> State => [("w", _w), ("momentum.w", _momentum)];

    /// <summary>w of each place; where w is near 0 the place is switched off.</summary>
    public override IReadOnlyDictionary<string, double> Told()
    {
        using var scope = Scope.Enter();
        return _places.Names.Zip(_w.to(DType.Float64).cpu().ToArray<double>()).ToDictionary(p => $"w.{p.First}", p => p.Second);
    }

    public override void Step(Lesson lesson)
    {
        var w = _w.detach().clone().requires_grad_();
        var sum = new GradientSum(lesson, w);
        _places.Learn(lesson, sum, w);
        var l1 = w.abs().sum() * _options.L1;
        lesson.Note("loss.l1", l1);
        sum.Add(l1);
        var gradients = sum.Close();
        lesson.Note("grad.w", gradients[^1]);
        lesson.Apply(gradients[..^1]);
        using var off = NoGrad.Enter();
        _momentum.mul_(_options.WMomentum).add_(gradients[^1]);
        _w.copy_(Project(_options.WProjection, _w - (_momentum * _options.WLr)));
    }

    /// <summary>Rows of weights (... x K) projected so that each sums to one.</summary>
    public static Tensor Project(WeightProjection how, Tensor w)
    {
        var k = w.size(-1);
        if (how == WeightProjection.AffineL1) return w - ((w.sum(-1, true) - 1) / k);
        var sorted = w.sort(-1, true).values;
        var sums = sorted.cumsum(-1) - 1;
        var ranks = Ops.arange(k, DType.Int64, w.device).add(1).to(w.dtype);
        var r = (sorted - (sums / ranks)).gt(0).to(DType.Int64).sum(-1, true);
        return (w - (sums.gather(-1, r - 1) / r.to(w.dtype))).clamp_min(0);
    }
}
