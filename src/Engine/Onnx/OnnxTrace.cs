using WebLab.Engine.Torch;

namespace WebLab.Engine.Onnx;

/// <summary>
/// Writes a forward pass down as a graph while it runs: every operator that an image went into becomes a node, everything else is a weight.
/// So each architecture exports itself, and one that uses an unknown operator is refused instead of written wrongly.
/// </summary>
/// <param name="graph">Where nodes go.</param>
/// <param name="image">The input, N x C x H x W.</param>
/// <param name="known">Weights with their names in a state dict.</param>
internal sealed class OnnxTrace(OnnxGraph graph, Tensor image, IReadOnlyDictionary<Tensor, string> known) : IOpWatch
{
    private readonly Dictionary<Tensor, string> _results = new() { [image] = OnnxExport.Input };
    private readonly Dictionary<Tensor, string> _weights = [];

    // Maps laid out as N x H x W x C: a 1x1 convolution that runs as a product of matrices. Their names are those of N x C x H x W.
    private readonly Dictionary<Tensor, string> _pixels = [];

    /// <summary>The name of what was computed.</summary>
    /// <exception cref="NotSupportedException">It does not depend on the image.</exception>
    public string Name(Tensor result) => _results.TryGetValue(result, out var name) ? name : throw new NotSupportedException("the result does not depend on the image");

    /// <exception cref="NotSupportedException">ONNX has no counterpart here.</exception>
    public void Ran(string op, ReadOnlySpan<Arg> args, Tensor result)
    {
        if (!args.ToArray().Any(a => a.Object is Tensor t && Live(t) || a.Object is Tensor?[] list && list.Any(e => e is not null && Live(e)))) return;
        var x = args[0].Object as Tensor ?? throw Unknown(op);
        switch (op)
        {
            case "contiguous" or "detach" or "to.dtype" or "to.device" or "clone": Alias(x, result); break;
            case "permute": Permute(x, (long[])args[1].Object!, result); break;
            case "linear": Linear(x, Operand(args, 1)!, Operand(args, 2), result); break;
            case "conv2d": Convolution(x, args, result); break;
            case "batch_norm" when args[5].Int == 0:
                _results[result] = graph.Node("BatchNormalization", [Of(x), .. Enumerable.Range(1, 4).Select(Weights(args))], ("epsilon", (float)args[7].Double));
                break;
            case "relu": _results[result] = graph.Node("Relu", [Of(x)]); break;
            case "sigmoid": _results[result] = graph.Node("Sigmoid", [Of(x)]); break;
            case "silu": _results[result] = graph.Node("Mul", [Of(x), graph.Node("Sigmoid", [Of(x)])]); break;
            case "add.Tensor" when args.Length < 3 || Number(args[2]) == 1: Both("Add", x, args, result); break;
            case "sub.Tensor" when args.Length < 3 || Number(args[2]) == 1: Both("Sub", x, args, result); break;
            case "mul.Tensor": Both("Mul", x, args, result); break;
            case "div.Tensor": Both("Div", x, args, result); break;
            case "max_pool2d": Pool("MaxPool", x, Number(args[1]), Number(args[2]), args.Length > 3 ? Number(args[3]) : 0, result); break;
            case "adaptive_avg_pool2d": Adaptive(x, (long[])args[1].Object!, result); break;
            case "mean.dim" when args[1].Object is long[] and [2, 3]:
                var mean = graph.Node("GlobalAveragePool", [Of(x)]);
                _results[result] = args[2].Int != 0 ? mean : graph.Node("Flatten", [mean], ("axis", 1L));
                break;
            case "flatten.using_ints" when args[1].Int == 1: _results[result] = graph.Node("Flatten", [Of(x)], ("axis", 1L)); break;
            case "slice.Tensor": Slice(x, args, result); break;
            case "constant_pad_nd" when Number(args[2]) == 0: Pad(x, (long[])args[1].Object!, result); break;
            default: throw Unknown(op);
        }
    }

    private static NotSupportedException Unknown(string op) => new($"the network uses '{op}', which the ONNX export does not know");

    private static Tensor? Operand(ReadOnlySpan<Arg> args, int k) => k < args.Length ? args[k].Object as Tensor : null;

    private static long Number(Arg arg) => arg.Tag == Tag.Double ? (long)arg.Double : arg.Int;

    private bool Live(Tensor t) => _results.ContainsKey(t) || _pixels.ContainsKey(t);

    private string Of(Tensor t) => _results.TryGetValue(t, out var name) ? name : _pixels.ContainsKey(t) ? throw Unknown("permute") : Weight(t);

    private string Weight(Tensor t, params long[] shape)
    {
        if (_weights.TryGetValue(t, out var name)) return name;
        return _weights[t] = graph.Weight(known.TryGetValue(t, out var own) ? own : $"weight{_weights.Count}", t, shape);
    }

    private Func<int, string> Weights(ReadOnlySpan<Arg> args)
    {
        Tensor?[] all = [.. args.ToArray().Select(a => a.Object as Tensor)];
        return k => Weight(all[k] ?? throw Unknown("batch_norm without scale and shift"));
    }

    private void Alias(Tensor x, Tensor result) => (_pixels.TryGetValue(x, out var name) ? _pixels : _results)[result] = name ?? _results[x];

    // OpenCV reads a weight of 1 x C x 1 x 1 as one per image; C x 1 x 1 means the same to everybody.
    private void Both(string node, Tensor x, ReadOnlySpan<Arg> args, Tensor result)
    {
        string Side(Tensor t) => Live(t) ? Spread(t, result) : Weight(t, [.. t.shape.SkipWhile(n => n == 1)]);
        _results[result] = graph.Node(node, [Side(x), Side(Operand(args, 1)!)]);
    }

    // OpenCV 4.6 multiplies maps by one value per channel for a batch of one alone; repeated over the map they are maps of equal size.
    private string Spread(Tensor t, Tensor result)
    {
        if (t.dim() != 4 || t.shape.SequenceEqual(result.shape)) return Of(t);
        if (t.shape is not [_, _, 1, 1]) throw Unknown($"broadcast of {t.Describe()}");
        var scales = graph.Weight($"spread{_results.Count}", Tensor.From([1f, 1f, (float)result.shape[2], (float)result.shape[3]], 4));
        return graph.Node("Resize", [Of(t), "", scales], ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"));
    }

    private void Permute(Tensor x, long[] order, Tensor result)
    {
        if (order is [0, 2, 3, 1] && _results.TryGetValue(x, out var map)) _pixels[result] = map;
        else if (order is [0, 3, 1, 2] && _pixels.TryGetValue(x, out var pixels)) _results[result] = pixels;
        else throw Unknown($"permute [{string.Join(", ", order)}]");
    }

    private void Linear(Tensor x, Tensor weight, Tensor? bias, Tensor result)
    {
        if (_pixels.TryGetValue(x, out var map))
        {
            string[] inputs = [map, Weight(weight, [.. weight.shape, 1, 1]), .. bias is null ? Array.Empty<string>() : [Weight(bias)]];
            _pixels[result] = graph.Node("Conv", inputs, ("kernel_shape", new long[] { 1, 1 }));
            return;
        }

        string[] all = [Of(x), Weight(weight), .. bias is null ? Array.Empty<string>() : [Weight(bias)]];
        _results[result] = graph.Node("Gemm", all, ("transB", 1L));
    }

    private void Convolution(Tensor x, ReadOnlySpan<Arg> args, Tensor result)
    {
        var (weight, bias) = (Operand(args, 1)!, Operand(args, 2));
        long[] Sides(Arg arg) => arg.Object is long[] two ? two : [arg.Int, arg.Int];
        var padding = Sides(args[4]);
        string[] inputs = [Of(x), Weight(weight), .. bias is null ? Array.Empty<string>() : [Weight(bias)]];
        _results[result] = graph.Node("Conv", inputs, ("kernel_shape", weight.shape[2..]), ("strides", Sides(args[3])),
            ("pads", new[] { padding[0], padding[1], padding[0], padding[1] }), ("dilations", Sides(args[5])), ("group", args[6].Int));
    }

    private void Pool(string node, Tensor x, long kernel, long stride, long padding, Tensor result) => _results[result] = graph.Node(node, [Of(x)],
        ("kernel_shape", new[] { kernel, kernel }), ("strides", new[] { stride, stride }), ("pads", new[] { padding, padding, padding, padding }));

    private void Adaptive(Tensor x, long[] size, Tensor result)
    {
        if (x.shape[2] % size[0] != 0 || x.shape[2] != x.shape[3] || size[0] != size[1])
            throw new NotSupportedException($"maps of {x.shape[2]}x{x.shape[3]} cannot be pooled to {size[0]}x{size[1]} in equal parts; ONNX has no other average");
        Pool("AveragePool", x, x.shape[2] / size[0], x.shape[2] / size[0], 0, result);
    }

    private void Slice(Tensor x, ReadOnlySpan<Arg> args, Tensor result)
    {
        var axis = args[1].Int;
        var (start, step) = (args[2].Tag == Tag.Int ? args[2].Int : 0, args.Length > 4 ? args[4].Int : 1);
        var end = args[3].Tag == Tag.Int ? Math.Min(args[3].Int, x.shape[axis]) : x.shape[axis];
        string Numbers(string what, long value) => graph.Numbers($"slice{_results.Count}.{what}", value);
        _results[result] = graph.Node("Slice", [Of(x), Numbers("start", start), Numbers("end", end), Numbers("axis", axis), Numbers("step", step)]);
    }

    // pad: before and after of the last axis, then of the one before it; ONNX wants all befores, then all afters.
    private void Pad(Tensor x, long[] pad, Tensor result)
    {
        var axes = x.dim();
        var pads = new long[2 * axes];
        for (var k = 0; k < pad.Length / 2; k++) (pads[axes - 1 - k], pads[(2 * axes) - 1 - k]) = (pad[2 * k], pad[(2 * k) + 1]);
        _results[result] = graph.Node("Pad", [Of(x), graph.Numbers($"pad{_results.Count}", pads)]);
    }
}
