using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>Turns gradients into steps. Its state tensors belong to it and are part of every checkpoint.</summary>
public abstract class Optimizer : IDisposable
{
    private readonly List<(string Name, Tensor Value)> _state = [];
    private readonly List<double> _starts = [];

    private readonly bool _decayAll;

    protected Optimizer(OptimizerOptions options, IEnumerable<(string Name, Slot Slot)> parameters) =>
        (_decayAll, Parameters) = (options.DecayAll, [.. parameters]);

    public IReadOnlyList<(string Name, Slot Slot)> Parameters { get; }

    /// <summary>Named tensors that the next step depends on; the tensors are the optimiser's own.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> State => _state;

    /// <summary>The parameters themselves, in order.</summary>
    public Tensor[] Values() => [.. Parameters.Select(p => p.Slot.Value)];

    /// <summary>One step downhill.</summary>
    /// <param name="gradients">One per parameter, of its shape; consumed (changed in place).</param>
    /// <param name="lr">The learning rate of this step.</param>
    public void Step(IReadOnlyList<Tensor> gradients, double lr)
    {
        if (gradients.Count != Parameters.Count)
            throw new ArgumentException($"got {gradients.Count} gradients for {Parameters.Count} parameters", nameof(gradients));
        using var scope = Scope.Enter();
        using var off = NoGrad.Enter();
        Move(gradients, lr);
    }

    /// <summary>Forgets all steps so far.</summary>
    public void Reset()
    {
        using var off = NoGrad.Enter();
        for (var k = 0; k < _state.Count; k++) _state[k].Value.fill_(_starts[k]);
    }

    public void Dispose()
    {
        foreach (var (_, value) in _state) value.Dispose();
    }

    protected abstract void Move(IReadOnlyList<Tensor> gradients, double lr);

    /// <summary>Whether weight decay reaches a parameter: batch norm and biases, which have one dimension, may be left out.</summary>
    protected bool Decays(int parameter) => _decayAll || Parameters[parameter].Slot.Shape.Count > 1;

    /// <summary>A tensor like each parameter, full of one value, kept as state under <c>{prefix}.{parameter}</c>.</summary>
    protected Tensor[] LikeParameters(string prefix, double value = 0)
    {
        using var scope = Scope.Enter();
        var like = Parameters.Select(p => Ops.full_like(p.Slot.Value, value).Unscoped()).ToArray();
        for (var k = 0; k < like.Length; k++) Keep($"{prefix}.{Parameters[k].Name}", like[k], value);
        return like;
    }

    /// <summary>A number kept as state (float64, no dimensions).</summary>
    protected Tensor Number(string name)
    {
        using var scope = Scope.Enter();
        var zero = Ops.zeros([], DType.Float64).Unscoped();
        Keep(name, zero, 0);
        return zero;
    }

    private void Keep(string name, Tensor value, double start)
    {
        _state.Add((name, value));
        _starts.Add(start);
    }
}
