using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>
/// An exponential average of weights and batch-norm statistics (Polyak; Rebuffi et al. 2021 for adversarial training). The decay
/// starts low, min(decay, (1 + t) / (10 + t)), so that the average forgets the random start.
/// </summary>
public sealed class Averages : IDisposable
{
    private readonly Network _network;
    private readonly double _decay;
    private readonly Dictionary<string, Tensor> _tensors;

    public Averages(Network network, double decay)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        (_network, _decay) = (network, decay);
        _tensors = network.State.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone().Unscoped());
    }

    /// <summary>The averages under the network's names.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    /// <summary>Moves towards the network's values; counters are copied.</summary>
    /// <param name="step">Optimiser steps done, this one too.</param>
    public void Update(long step)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var keep = Math.Min(_decay, (1.0 + step) / (10.0 + step));
        foreach (var (name, slot) in _network.State)
        {
            if (slot.Value.dtype.IsFloat()) _tensors[name].lerp_(slot.Value, 1 - keep);
            else _tensors[name].copy_(slot.Value);
        }
    }

    /// <summary>Runs something on the averaged network and puts the weights back, whatever happens.</summary>
    public T During<T>(Func<T> work)
    {
        using var scope = Scope.Enter();
        var weights = _network.State.ToDictionary(s => s.Name, s => s.Slot.Value.detach().clone());
        _network.Load(_tensors);
        try
        {
            return work();
        }
        finally
        {
            _network.Load(weights);
        }
    }

    public void Load(IReadOnlyDictionary<string, Tensor> source) => Tensors.Fill(source);

    public void Dispose()
    {
        foreach (var value in _tensors.Values) value.Dispose();
    }
}

public static class TensorTables
{
    /// <summary>Copies values in by name; the names and shapes must be the same.</summary>
    /// <exception cref="InvalidDataException">A name is missing or too many, or a shape differs.</exception>
    public static void Fill(this IEnumerable<KeyValuePair<string, Tensor>> places, IReadOnlyDictionary<string, Tensor> source)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        var filled = 0;
        foreach (var (name, place) in places)
        {
            if (!source.TryGetValue(name, out var value)) throw new InvalidDataException($"the checkpoint lacks '{name}'");
            if (!value.shape.SequenceEqual(place.shape))
                throw new InvalidDataException($"'{name}' has shape [{string.Join(", ", value.shape)}] in the checkpoint, want [{string.Join(", ", place.shape)}]");
            place.copy_(value);
            filled++;
        }
        if (filled != source.Count) throw new InvalidDataException($"the checkpoint holds {source.Count} tensors where {filled} are wanted");
    }
}
