using WebLab.Engine.Nets;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Onnx;

/// <summary>
/// Trained networks as ONNX files for other programs: the frozen network of one batch-norm bank, from images in [0,1] (N x C x H x W float32,
/// normalisation inside) to logits.
/// </summary>
public static class OnnxExport
{
    /// <summary>Names of the graph's input and output.</summary>
    public const string Input = "image", Output = "logits";

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="checkpoint">The folder with <c>manifest.json</c>.</param>
    /// <param name="path">The file.</param>
    /// <param name="bank">0 is the main bank; null: the main one, of a network that answers through one.</param>
    /// <param name="averaged">The averaged weights, where the run keeps an average.</param>
    /// <exception cref="ArgumentException">There is no such bank, or the network cannot be written as a plain graph; the message says why.</exception>
    /// <exception cref="InvalidDataException">Something is missing or damaged; the message names the file.</exception>
    public static void Checkpoint(string checkpoint, string path, int? bank = null, bool averaged = true)
    {
        using var model = TrainedModel.Open(checkpoint, Device.Cpu, averaged);
        var shape = model.Manifest.Shape;
        if (shape.Generators == true && bank is null)
            throw new ArgumentException("the network fuses its two banks anew for every image; name bank 0 or 1 to export one alone");
        if (bank is { } named && (named < 0 || named >= shape.Banks)) throw new ArgumentException($"bank {named} is not there; the network has banks 0 to {shape.Banks - 1}");
        if (shape.Heads is > 0)
            throw new ArgumentException("the network re-weights channels by its own prediction (attribution heads), which ONNX readers such as OpenCV cannot follow; export safetensors instead");
        var data = model.Manifest.Data;
        var metadata = PlainWeights.Metadata(model.Manifest);
        metadata["sha256"] = model.Manifest.Check;
        Write(model.Network, bank is null ? model.Frozen : model.Frozen with { Route = Route.One(bank.Value) },
            [shape.Channels, data.Crop ?? data.Height, data.Crop ?? data.Width], path, metadata);
    }

    /// <summary>Writes a network as it answers in a pass.</summary>
    /// <param name="image">C, H, W.</param>
    /// <exception cref="ArgumentException">It uses what cannot be written.</exception>
    internal static void Write(Network network, Pass pass, long[] image, string path, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var (graph, x) = (new OnnxGraph(), Ops.zeros([1, .. image]));
        var names = new Dictionary<Tensor, string>();
        foreach (var (name, slot) in network.State) names.TryAdd(slot.Value, name);
        var trace = new OnnxTrace(graph, x, names);
        string logits;
        Op.Watch = trace;
        try
        {
            logits = trace.Name(network.Forward(x, pass));
        }
        catch (NotSupportedException e)
        {
            throw new ArgumentException(e.Message, e);
        }
        finally
        {
            Op.Watch = null;
        }

        using var file = File.Create(path);
        graph.Model(network.Kind, image, network.Shape.Classes, logits, metadata).WriteTo(file);
    }
}
