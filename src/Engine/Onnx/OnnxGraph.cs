using WebLab.Engine.Torch;

namespace WebLab.Engine.Onnx;

/// <summary>Nodes and weights of one ONNX graph, in the order of the data. Field numbers are those of <c>onnx.proto</c>.</summary>
internal sealed class OnnxGraph
{
    /// <summary>Of the operators below; read by OpenCV's dnn since 4.3 and by every ONNX runtime.</summary>
    public const int Opset = 11;

    private const int IrVersion = 6, Float = 1, Int64 = 7;

    private readonly List<(string Operator, string[] Inputs, string Output, (string Name, object Value)[] Attributes)> _nodes = [];
    private readonly ProtoMessage _weights = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Names of the operators in use.</summary>
    public IEnumerable<string> Operators => _nodes.Select(n => n.Operator);

    /// <summary>Adds a node with one result.</summary>
    /// <param name="name">What it runs.</param>
    /// <param name="inputs">Names of results, weights or the image.</param>
    /// <param name="attributes">Values are long, long[], float or string.</param>
    /// <returns>The name of the result.</returns>
    public string Node(string name, string[] inputs, params (string Name, object Value)[] attributes)
    {
        var output = $"{name.ToLowerInvariant()}{_nodes.Count}";
        _nodes.Add((name, inputs, output, attributes));
        return output;
    }

    /// <summary>Adds float32 values under a name.</summary>
    public string Weight(string name, Tensor value, params long[] shape)
    {
        var tensor = new ProtoMessage();
        foreach (var size in shape.Length > 0 ? shape : value.shape) tensor.Add(1, size);
        using var scope = Scope.Enter();
        var plain = value.detach().to(Device.Cpu).to(DType.Float32).contiguous();
        var bytes = new byte[plain.numel() * sizeof(float)];
        plain.CopyBytes(bytes);
        return Store(name, tensor.Add(2, Float), bytes);
    }

    /// <summary>Adds whole numbers under a name.</summary>
    public string Numbers(string name, params long[] values)
    {
        var bytes = new byte[values.Length * sizeof(long)];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return Store(name, new ProtoMessage().Add(1, values.Length).Add(2, Int64), bytes);
    }

    /// <summary>The finished file.</summary>
    /// <param name="name">Of the graph.</param>
    /// <param name="image">C, H, W of an image; the batch is free.</param>
    /// <param name="classes">Number of logits.</param>
    /// <param name="result">Name of the node's result that holds the logits.</param>
    /// <param name="metadata">Told beside the graph.</param>
    public ProtoMessage Model(string name, long[] image, long classes, string result, IReadOnlyDictionary<string, string> metadata)
    {
        string Renamed(string output) => output == result ? OnnxExport.Output : output;
        var graph = new ProtoMessage();
        foreach (var (kind, inputs, output, attributes) in _nodes)
        {
            var node = new ProtoMessage();
            foreach (var input in inputs) node.Add(1, Renamed(input));
            node.Add(2, Renamed(output)).Add(3, Renamed(output)).Add(4, kind);
            foreach (var (key, value) in attributes) node.Add(5, Attribute(key, value));
            graph.Add(1, node);
        }

        graph.Add(2, name).Add(11, Value(OnnxExport.Input, image)).Add(12, Value(OnnxExport.Output, [classes]));
        var model = new ProtoMessage().Add(1, IrVersion).Add(2, "weblab").Add(7, graph.Append(_weights)).Add(8, new ProtoMessage().Add(1, "").Add(2, Opset));
        foreach (var (key, value) in metadata) model.Add(14, new ProtoMessage().Add(1, key).Add(2, value));
        return model;
    }

    private string Store(string name, ProtoMessage tensor, byte[] bytes)
    {
        if (!_names.Add(name)) throw new InvalidOperationException($"two weights are called '{name}'");
        _weights.Add(5, tensor.Add(8, name).Add(9, bytes));
        return name;
    }

    private static ProtoMessage Attribute(string name, object value)
    {
        const int isFloat = 1, isInt = 2, isText = 3, isInts = 7;
        var message = new ProtoMessage().Add(1, name);
        switch (value)
        {
            case float f: return message.Add(2, f).Add(20, isFloat);
            case string text: return message.Add(4, text).Add(20, isText);
            case long[] list:
                foreach (var i in list) message.Add(8, i);
                return message.Add(20, isInts);
            default: return message.Add(3, (long)value).Add(20, isInt);
        }
    }

    // float32, batch first.
    private static ProtoMessage Value(string name, long[] sizes)
    {
        var shape = new ProtoMessage().Add(1, new ProtoMessage().Add(2, "batch"));
        foreach (var size in sizes) shape.Add(1, new ProtoMessage().Add(1, size));
        return new ProtoMessage().Add(1, name).Add(2, new ProtoMessage().Add(1, new ProtoMessage().Add(1, Float).Add(2, shape)));
    }
}
