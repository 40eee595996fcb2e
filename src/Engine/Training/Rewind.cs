using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>The weights, buffers and averages of the last epoch that went well, for a run that may have to go back to them.</summary>
public sealed class Rewind : IDisposable
{
    private readonly Dictionary<string, Tensor> _live;
    private readonly Dictionary<string, Tensor> _kept;

    public Rewind(Network network, Averages? averages)
    {
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        _live = network.Tensors().Select(t => ($"network.{t.Key}", t.Value))
            .Concat(averages?.Tensors.Select(t => ($"average.{t.Key}", t.Value)) ?? [])
            .ToDictionary(t => t.Item1, t => t.Value);
        _kept = _live.ToDictionary(t => t.Key, t => t.Value.detach().clone().Unscoped());
    }

    /// <summary>What is kept; part of every checkpoint.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => _kept;

    /// <summary>Keeps the values as they are now.</summary>
    public void Keep() => _kept.Fill(_live);

    /// <summary>Puts the kept values back.</summary>
    public void Restore() => _live.Fill(_kept);

    public void Dispose()
    {
        foreach (var value in _kept.Values) value.Dispose();
    }
}
