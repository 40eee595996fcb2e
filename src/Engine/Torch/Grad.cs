namespace WebLab.Engine.Torch;

/// <summary>Gradients as values: nothing is accumulated into leaves.</summary>
public static unsafe class Grad
{
    /// <summary>d loss / d input; the graph is freed.</summary>
    /// <param name="loss">A scalar, or any shape, whose sum is differentiated.</param>
    /// <param name="input">A tensor that requires grad and that the loss depends on.</param>
    public static Tensor Of(Tensor loss, Tensor input) => Of([loss], [input])[0];

    /// <summary>d loss / d input for several inputs; the graph is freed.</summary>
    public static Tensor[] Of(Tensor loss, params Tensor[] inputs) => Of([loss], inputs);

    /// <param name="outputs">What is differentiated.</param>
    /// <param name="inputs">With respect to what.</param>
    /// <param name="gradOutputs">One weight per output, of its shape; ones when null.</param>
    /// <param name="retain">Keep the graph for another call.</param>
    /// <param name="createGraph">Record the gradients' own graph, for second derivatives.</param>
    /// <param name="allowUnused">Zeros for an input that no output depends on, instead of an error.</param>
    public static Tensor[] Of(
        Tensor[] outputs, Tensor[] inputs, Tensor[]? gradOutputs = null, bool retain = false, bool createGraph = false, bool allowUnused = false)
    {
        if (inputs.Length == 0)
            return [];
        var ones = gradOutputs ?? Array.ConvertAll(outputs, o => o.dim() == 0 ? o.detach() : Ops.ones_like(o));
        if (ones.Length != outputs.Length)
            throw new ArgumentException($"gradOutputs has {ones.Length} tensors, want {outputs.Length}", nameof(gradOutputs));
        var o = Raw(outputs);
        var i = Raw(inputs);
        var g = new nint[outputs.Length];
        for (var k = 0; k < g.Length; k++)
            g[k] = gradOutputs is null && outputs[k].dim() == 0 ? 0 : ones[k].Raw;
        var grads = new nint[inputs.Length];
        fixed (nint* po = o, pi = i, pg = g, pr = grads)
            Native.Check(Native.wl_grad(
                po, o.Length, pi, i.Length, pg, retain || createGraph ? 1 : 0, createGraph ? 1 : 0, allowUnused ? 1 : 0, pr));
        GC.KeepAlive(outputs);
        GC.KeepAlive(inputs);
        GC.KeepAlive(ones);
        var found = new Tensor[inputs.Length];
        for (var k = 0; k < found.Length; k++)
            found[k] = grads[k] == 0 ? Ops.zeros_like(inputs[k]) : new Tensor(grads[k]);
        return found;
    }

    private static nint[] Raw(Tensor[] all) => Array.ConvertAll(all, t => t.Raw);
}
