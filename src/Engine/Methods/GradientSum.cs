using WebLab.Engine.Torch;

namespace WebLab.Engine.Methods;

/// <summary>
/// Gradients of a batch's loss that comes in parts. Each part is differentiated as soon as it is there, so that the graph of one part
/// at a time is alive; the sum equals the gradient of the whole up to rounding. Its tensors belong to the scope it is made in.
/// </summary>
public sealed class GradientSum
{
    private readonly Lesson _lesson;
    private readonly Tensor[] _inputs;
    private readonly Tensor[] _sums;
    private readonly Tensor _loss;

    /// <param name="lesson">Its optimiser's parameters are differentiated by.</param>
    /// <param name="more">Other leaves that want their gradient; theirs follow.</param>
    public GradientSum(Lesson lesson, params Tensor[] more)
    {
        using var off = NoGrad.Enter();
        (_lesson, _inputs) = (lesson, [.. lesson.Optimizer.Values(), .. more]);
        _sums = [.. _inputs.Select(input => Ops.zeros_like(input))];
        _loss = Ops.zeros([], lesson.X.dtype, lesson.X.device);
    }

    /// <summary>Adds weight times a part.</summary>
    /// <param name="part">A scalar.</param>
    /// <param name="weight">Of the part in the loss.</param>
    /// <param name="aside">Inner tensors of its graph whose gradient, by the part alone, is returned.</param>
    /// <param name="retain">Keep the graph for <see cref="Chain"/>.</param>
    /// <exception cref="Jobs.JobFailure"><c>nan-loss</c>: the part is not finite; the network has not been changed.</exception>
    public Tensor[] Add(Tensor part, double weight = 1, Tensor[]? aside = null, bool retain = false)
    {
        _lesson.DemandFinite(part);
        var found = Grad.Of([part], [.. _inputs, .. aside ?? []], retain: retain, allowUnused: true);
        using var off = NoGrad.Enter();
        _loss.add_(part.detach(), weight);
        for (var k = 0; k < _sums.Length; k++) _sums[k].add_(found[k], weight);
        return found[_sums.Length..];
    }

    /// <summary>Carries gradients of inner tensors on to the parameters before them.</summary>
    /// <param name="inner">Tensors whose graph was kept.</param>
    /// <param name="gradients">Of the whole loss, one for each.</param>
    public void Chain(Tensor[] inner, Tensor[] gradients)
    {
        var found = Grad.Of(inner, _inputs, gradients, allowUnused: true);
        using var off = NoGrad.Enter();
        for (var k = 0; k < _sums.Length; k++) _sums[k].add_(found[k]);
    }

    /// <summary>The gradients, in the optimiser's order, then those of the other leaves. The batch is counted.</summary>
    public Tensor[] Close()
    {
        _lesson.Count(_loss);
        return _sums;
    }
}
