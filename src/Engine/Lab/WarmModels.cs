using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Lab;

/// <summary>Networks of recent requests, ready to answer; the longest unused go first when they outgrow their limit.</summary>
/// <param name="device">Where networks live.</param>
/// <param name="limit">Bytes of all parameters together; the network in use stays in any case.</param>
public sealed class WarmModels(Device device, long limit) : IDisposable
{
    private readonly LinkedList<(string Folder, TrainedModel Model)> _recent = [];

    /// <summary>Networks held.</summary>
    public int Count => _recent.Count;

    /// <summary>Bytes of their parameters and buffers.</summary>
    public long Bytes => _recent.Sum(r => BytesOf(r.Model));

    /// <exception cref="InvalidDataException">The checkpoint is missing or damaged.</exception>
    public TrainedModel Get(string folder)
    {
        for (var node = _recent.First; node is not null; node = node.Next)
            if (node.Value.Folder == folder)
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                return node.Value.Model;
            }
        var model = TrainedModel.Open(folder, device);
        _recent.AddFirst((folder, model));
        while (_recent.Count > 1 && Bytes > limit)
            DropLast();
        return model;
    }

    /// <summary>Lets go of every network.</summary>
    public void Clear()
    {
        while (_recent.Count > 0)
            DropLast();
    }

    public void Dispose() => Clear();

    private void DropLast()
    {
        _recent.Last!.Value.Model.Dispose();
        _recent.RemoveLast();
    }

    private static long BytesOf(TrainedModel model) => 4 * model.Network.State.Sum(s => s.Slot.Shape.Aggregate(1L, (a, b) => a * b));
}
