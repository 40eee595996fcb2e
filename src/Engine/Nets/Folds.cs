using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// Convolutions with the batch norm behind them folded into weight and bias, for many passes of a network whose values stay as they are:
/// an attack on a trained network. Equal to the passes without it up to rounding. Gradients reach the images, not the weights. Threads may
/// share them.
/// </summary>
public sealed class Folds : IDisposable
{
    private readonly Dictionary<(Conv2d, int Bank), (Tensor Weight, Tensor Bias)> _made = [];

    internal (Tensor Weight, Tensor Bias) Of(Conv2d convolution, int bank, Func<(Tensor Weight, Tensor Bias)> fold)
    {
        lock (_made)
        {
            if (_made.TryGetValue((convolution, bank), out var known)) return known;
            using var off = NoGrad.Enter();
            using var scope = Scope.Enter();
            var (weight, bias) = fold();
            return _made[(convolution, bank)] = (weight.Unscoped(), bias.Unscoped());
        }
    }

    public void Dispose()
    {
        foreach (var (weight, bias) in _made.Values)
        {
            weight.Dispose();
            bias.Dispose();
        }

        _made.Clear();
    }
}
