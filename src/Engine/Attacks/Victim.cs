using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>A network as an attack sees it: logits (N x K) of images (N x C x H x W in [0,1]), by one fixed pass.</summary>
public sealed class Victim
{
    private readonly Func<Tensor, Tensor> _logits;
    private readonly Func<Tensor, Tensor> _judged;

    public Victim(Func<Tensor, Tensor> logits)
    {
        (_logits, _judged) = (logits, logits);
        Fronts = [new Front("main", logits, [1])];
    }

    /// <summary>A model that is attacked from several sides.</summary>
    internal Victim(Func<Tensor, Tensor> judged, IReadOnlyList<Front> fronts) => (_logits, _judged, Fronts) = (fronts[0].Logits, judged, fronts);

    /// <summary>A network run as in inference, or by the given pass of that kind.</summary>
    /// <param name="network">With attribution points it is attacked from four sides.</param>
    /// <param name="pass">How it is run; absent: <see cref="Pass.Eval"/>.</param>
    /// <param name="cast">Runs a forward pass of the search in another precision; the logits come back in the type of the images.</param>
    /// <param name="classes">Logits of these classes alone, in this order; absent: all.</param>
    public Victim(Network network, Pass? pass = null, Func<Func<Tensor>, Tensor>? cast = null, long[]? classes = null)
    {
        var own = pass ?? Pass.Eval;
        _logits = Rows(x => Run(x, own));
        _judged = Rows(x => Picked(network.Forward(x, own)));
        Front main = new("main", _logits, [1]);
        Fronts = network.Shape.Heads is not { } heads ? [main] :
        [
            main,
            new("combined", Rows(All), Helpers(heads, main: 1)),
            new("aux", Rows(All), Helpers(heads, main: 0)),
            new("soft", Rows(x => Ops.cat([Run(x, own), Run(x, own with { Masking = Masking.Soft })], 1)), [0, 1]),
        ];

        Func<Tensor, Tensor> Rows(Func<Tensor, Tensor> f) => own.RowByRow ? SideBySide.Rows(f) : f;
        Tensor All(Tensor x) => Cast(() => Ops.cat([.. network.Heads(x, own).Select(Picked)], 1), x);
        Tensor Run(Tensor x, Pass by) => Cast(() => Picked(network.Forward(x, by)), x);
        Tensor Picked(Tensor logits) => classes is null ? logits : logits.index_select(1, Tensor.From(classes, classes.Length).to(logits.device));
        Tensor Cast(Func<Tensor> forward, Tensor x) => cast is null ? forward() : cast(forward).to(x.dtype);
    }

    /// <summary>
    /// From where attacks that follow gradients approach, one after the other on what the ones before left unbroken; the first is the head
    /// that is scored. A main head that reads a mask chosen by a helper head hides its gradient, so there the helpers' losses are climbed
    /// too, and a smooth mask instead of the hard one.
    /// </summary>
    public IReadOnlyList<Front> Fronts { get; }

    /// <summary>What a search sees.</summary>
    public Tensor Logits(Tensor x) => _logits(x);

    /// <summary>What counts: the logits in the precision of the weights, whatever the search runs in.</summary>
    public Tensor Judged(Tensor x) => _judged(x);

    private static double[] Helpers(int heads, double main) => [main, .. Enumerable.Repeat(1.0, heads)];
}

/// <summary>One side of a network.</summary>
/// <param name="Name">main, combined (all heads), aux (helper heads) or soft (main head through a smooth mask).</param>
/// <param name="Logits">Of several heads side by side, N x heads K; the first is the one that is scored.</param>
/// <param name="Weights">Of each head's loss.</param>
public sealed record Front(string Name, Func<Tensor, Tensor> Logits, IReadOnlyList<double> Weights);
