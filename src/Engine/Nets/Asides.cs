using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// What layers tell beside the logits during one pass, in the order of the data: <c>aux.K</c>, the logits (N x classes) of attribution
/// head K; <c>lambda.LAYER</c>, the weight (N) of bank 1 in a fused batch norm.
/// </summary>
public sealed class Asides
{
    private readonly List<(string Name, Tensor Value)> _all = [];

    public IReadOnlyList<(string Name, Tensor Value)> All => _all;

    /// <summary>The values whose names start with the prefix.</summary>
    public Tensor[] Of(string prefix) => [.. _all.Where(a => a.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(a => a.Value)];

    internal void Add(string name, Tensor value) => _all.Add((name, value));
}
