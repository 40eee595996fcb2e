using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// What layers tell beside the logits during one pass, in the order of the data: <c>aux.K</c>, the logits (N x classes) of attribution
/// head K; <c>map.K</c>, the map (N x C x H x W) that it reads; <c>lambda.LAYER</c>, the weight (N) of bank 1 in a fused batch norm. With
/// <see cref="Features"/> also <c>moments.LAYER</c>, mean and biased variance over the batch of each channel that enters a batch norm
/// (2 x C); <c>pooled</c>, the map whose mean the main head reads.
/// </summary>
public sealed class Asides
{
    private readonly List<(string Name, Tensor Value)> _all = [];

    public IReadOnlyList<(string Name, Tensor Value)> All => _all;

    /// <summary>Layers tell of their features too, which training never asks for.</summary>
    public bool Features { get; init; }

    /// <summary>The values whose names start with the prefix.</summary>
    public Tensor[] Of(string prefix) => [.. _all.Where(a => a.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(a => a.Value)];

    internal void Add(string name, Tensor value) => _all.Add((name, value));

    internal void AddFeature(string name, Func<Tensor> value)
    {
        if (Features) _all.Add((name, value()));
    }
}
