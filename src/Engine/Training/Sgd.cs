using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

[Kind("sgd", "SGD with momentum", "The optimiser of nearly every adversarial-training recipe.")]
public sealed record SgdOptions : OptimizerOptions
{
    [Range(0.0, 0.9999), Description("Share of the last direction that is kept.")]
    public double Momentum { get; init; } = 0.9;

    [Advanced, Description("Look ahead along the momentum (Nesterov).")]
    public bool Nesterov { get; init; }

    [Range(0.0, 1.0), Description("Weight decay, added to the gradients.")]
    public double WeightDecay { get; init; } = 5e-4;

    public override IEnumerable<Finding> Check()
    {
        if (Nesterov && Momentum == 0) yield return new("nesterov", "needs a momentum above 0; got momentum 0");
    }

    public override Optimizer Build(IEnumerable<(string Name, Slot Slot)> parameters) => new Sgd(this, parameters);
}

/// <summary>
/// PyTorch's rule without dampening: d = g + wd w; b = m b + d (b = 0 at first); w -= lr b, or lr (d + m b) with Nesterov.
/// </summary>
public sealed class Sgd : Optimizer
{
    private readonly SgdOptions _options;
    private readonly Tensor[] _momentum;

    public Sgd(SgdOptions options, IEnumerable<(string Name, Slot Slot)> parameters)
        : base(options, parameters)
    {
        _options = options;
        _momentum = options.Momentum > 0 ? LikeParameters("momentum") : [];
    }

    protected override void Move(IReadOnlyList<Tensor> gradients, double lr)
    {
        for (var k = 0; k < gradients.Count; k++)
        {
            var (w, d) = (Parameters[k].Slot.Value, gradients[k]);
            if (_options.WeightDecay > 0 && Decays(k)) d.add_(w, _options.WeightDecay);
            if (_momentum.Length > 0)
            {
                var b = _momentum[k].mul_(_options.Momentum).add_(d);
                d = _options.Nesterov ? d.add_(b, _options.Momentum) : b;
            }
            w.add_(d, -lr);
        }
    }
}
