using Xunit;
using WebLab.Engine.Catalog;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Nets;

/// <summary>Every architecture of the catalog, narrow enough for a law.</summary>
public static class Architectures
{
    /// <summary>Of the EfficientNets, which differ in two multipliers alone, only the smallest.</summary>
    public static TheoryData<string> All =>
        [.. Kinds.Architectures.Entries.Where(e => e.Default() is not EfficientNetOptions || e.Kind == "efficientnet-b0").Select(e => e.Kind)];

    public static ArchitectureOptions Narrow(string kind) => (ArchitectureOptions)Kinds.Architectures.Find(kind)!.Default() switch
    {
        ResNetOptions resnet => resnet with { Width = 4 },
        PreActResNet18Options preact => preact with { Width = 4 },
        WideResNetOptions wide => wide with { Depth = 10, Widen = 1 },
        var small => small,
    };

    /// <summary>A small initialised network in float64; with a method, one that it can train.</summary>
    public static Network Fresh(string kind, int classes = 5, int banks = 1, ulong seed = 1, MethodOptions? method = null, int spareBanks = 0)
    {
        var shape = new NetShape(3, classes, [0.5, 0.4, 0.3], [0.2, 0.25, 0.3], banks);
        var fit = method?.Fit(shape) ?? shape;
        var network = Narrow(kind).Build(fit with { Banks = fit.Banks + spareBanks });
        network.Initialise(new Rng(seed));
        network.To(type: DType.Float64);
        return network;
    }

    /// <summary>n random images in [0,1], float64; the same for equal seeds.</summary>
    public static Tensor Images(int n, int side = 32, ulong seed = 7) =>
        new Rng(seed).Draw("images", Ops.arange(n), 0, DType.Float64).Uniform("x", 0, 1, 3, side, side);

    public static Tensor Labels(int n, int classes = 5, ulong seed = 7) =>
        new Rng(seed).Draw("labels", Ops.arange(n), 0).Integers("y", 0, classes);
}
