using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>The two rules that go by the name of RMSProp.</summary>
public enum RmsPropRule
{
    /// <summary>Eps inside the root, mean squares start at one, the rate is part of the momentum.</summary>
    Tensorflow,

    /// <summary>Eps outside the root, mean squares start at zero, the rate multiplies the momentum.</summary>
    Pytorch,
}

[Kind("rmsprop", "RMSProp", "Gradients divided by the root of their running mean square: the optimiser of EfficientNet and its AdvProp training.",
    Source = "Tieleman & Hinton 2012; constants of Tan & Le 2019", Link = "https://arxiv.org/abs/1905.11946")]
public sealed record RmsPropOptions : OptimizerOptions
{
    public RmsPropOptions() => (Lr, DecayAll) = (0.016, false);

    [Range(0.0, 0.99999), Description("Decay of the mean of squared gradients.")]
    public double Decay { get; init; } = 0.9;

    [Range(0.0, 0.9999), Description("Share of the last direction that is kept.")]
    public double Momentum { get; init; } = 0.9;

    [Range(1e-12, 1.0), Advanced, Description("Added to the mean square (tensorflow) or to its root (pytorch).")]
    public double Eps { get; init; } = 1e-3;

    [Range(0.0, 1.0), Description("Weight decay, added to the gradients.")]
    public double WeightDecay { get; init; } = 1e-5;

    [Advanced, Description("tensorflow: eps inside the root, mean squares start at one. pytorch: eps outside, start at zero.")]
    public RmsPropRule Rule { get; init; } = RmsPropRule.Tensorflow;

    public override Optimizer Build(IEnumerable<(string Name, Slot Slot)> parameters) => new RmsProp(this, parameters);
}

/// <summary>
/// d = g + wd w; s = r s + (1 - r) d^2 (s = 1 at first); b = m b + lr d / sqrt(s + eps); w -= b (TensorFlow). By PyTorch's rule s = 0 at
/// first, b = m b + d / (sqrt s + eps) and w -= lr b.
/// </summary>
public sealed class RmsProp : Optimizer
{
    private readonly RmsPropOptions _options;
    private readonly Tensor[] _square;
    private readonly Tensor[] _momentum;

    public RmsProp(RmsPropOptions options, IEnumerable<(string Name, Slot Slot)> parameters)
        : base(options, parameters)
    {
        _options = options;
        _square = LikeParameters("square", options.Rule == RmsPropRule.Tensorflow ? 1 : 0);
        _momentum = options.Momentum > 0 ? LikeParameters("momentum") : [];
    }

    protected override void Move(IReadOnlyList<Tensor> gradients, double lr)
    {
        var inside = _options.Rule == RmsPropRule.Tensorflow;
        for (var k = 0; k < gradients.Count; k++)
        {
            var (w, d) = (Parameters[k].Slot.Value, gradients[k]);
            if (_options.WeightDecay > 0 && Decays(k)) d.add_(w, _options.WeightDecay);
            var s = _square[k].mul_(_options.Decay).addcmul_(d, d, 1 - _options.Decay);
            d.div_(inside ? s.add(_options.Eps).sqrt_() : s.sqrt().add_(_options.Eps));
            if (inside) d.mul_(lr);
            if (_momentum.Length > 0) d = _momentum[k].mul_(_options.Momentum).add_(d);
            w.add_(d, inside ? -1 : -lr);
        }
    }
}
