using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

[Kind("adamw", "AdamW", "Adaptive steps with decoupled weight decay.", Source = "Loshchilov & Hutter 2019", Link = "https://arxiv.org/abs/1711.05101")]
public sealed record AdamWOptions : OptimizerOptions
{
    public AdamWOptions() => Lr = 1e-3;

    [Range(0.0, 0.99999), Advanced, Description("Decay of the mean of gradients.")]
    public double Beta1 { get; init; } = 0.9;

    [Range(0.0, 0.99999), Advanced, Description("Decay of the mean of squared gradients.")]
    public double Beta2 { get; init; } = 0.999;

    [Range(1e-12, 1.0), Advanced, Description("Added to the root of the mean square.")]
    public double Eps { get; init; } = 1e-8;

    [Range(0.0, 1.0), Description("Weight decay, independent of the gradients.")]
    public double WeightDecay { get; init; } = 0.01;

    public override Optimizer Build(IEnumerable<(string Name, Slot Slot)> parameters) => new AdamW(this, parameters);
}

/// <summary>PyTorch's rule: w -= lr wd w; m, v running means; w -= lr m' / (sqrt v' + eps) with bias-corrected m', v'.</summary>
public sealed class AdamW : Optimizer
{
    private readonly AdamWOptions _options;
    private readonly Tensor[] _mean;
    private readonly Tensor[] _square;
    private readonly Tensor _steps;

    public AdamW(AdamWOptions options, IEnumerable<(string Name, Slot Slot)> parameters)
        : base(options, parameters)
    {
        _options = options;
        (_mean, _square, _steps) = (LikeParameters("mean"), LikeParameters("square"), Number("steps"));
    }

    protected override void Move(IReadOnlyList<Tensor> gradients, double lr)
    {
        var (b1, b2) = (_options.Beta1, _options.Beta2);
        var t = _steps.add_(1).item<double>();
        var (c1, c2) = (1 - Math.Pow(b1, t), Math.Sqrt(1 - Math.Pow(b2, t)));
        for (var k = 0; k < gradients.Count; k++)
        {
            var (w, g) = (Parameters[k].Slot.Value, gradients[k]);
            if (Decays(k)) w.mul_(1 - lr * _options.WeightDecay);
            _mean[k].mul_(b1).add_(g, 1 - b1);
            _square[k].mul_(b2).addcmul_(g, g, 1 - b2);
            w.addcdiv_(_mean[k], _square[k].sqrt().div_(c2).add_(_options.Eps), -lr / c1);
        }
    }
}
