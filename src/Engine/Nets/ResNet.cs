using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>First layers of a residual network.</summary>
public enum Stem
{
    /// <summary>3x3 convolution, stride 1, no pooling: for images of 28 to 64 pixels. Shortcuts are called "shortcut".</summary>
    Cifar,

    /// <summary>7x7 convolution, stride 2, then 3x3 max-pool, stride 2. Shortcuts are called "downsample", as in torchvision.</summary>
    Imagenet,
}

/// <summary>Residual networks with post-activation blocks (He et al. 2016). Stages: input, stem, the blocks of layer1 to layer4, head.</summary>
public abstract record ResNetOptions : ArchitectureOptions
{
    [Range(1, 1024), Unit("channels"), Description("Channels of the stem and the first group; later groups have 2, 4 and 8 times as many.")]
    public int Width { get; init; } = 64;

    [Advanced, Description("cifar: 3x3 stem for small images; imagenet: 7x7 stem with max-pool.")]
    public Stem Stem { get; init; } = Stem.Cifar;

    [Range(1, 4), Advanced, Description("Stride of each of the four groups; 1, 1, 2, 2 keeps a map of 8x8 to the end.")]
    public IReadOnlyList<int> Strides { get; init; } = [1, 2, 2, 2];

    public override IEnumerable<Finding> Check()
    {
        if (Strides.Count != 4) yield return new("strides", $"wanted 4 numbers; got {Strides.Count}");
    }

    public override int AttributionPlaces() => 2;

    /// <summary>Blocks of each group.</summary>
    private protected abstract IReadOnlyList<int> Depths { get; }

    /// <summary>At width 64 with a CIFAR stem and the usual strides.</summary>
    private protected abstract NetSize Standard { get; }

    public override NetSize Size()
    {
        // The groups take about the same at the usual strides; other strides change the pixels of all groups behind them.
        var (share, usual, own) = (0.0, 1.0, Stem == Stem.Cifar ? 1.0 : 4.0);
        for (var k = 0; k < Strides.Count; k++)
        {
            (usual, own) = (usual * (k == 0 ? 1 : 2), own * Strides[k]);
            share += usual * usual / (own * own) / Strides.Count;
        }

        var size = Standard.Widened(Width / 64.0);
        return size with { MultiplyAdds = size.MultiplyAdds * share };
    }

    public override IReadOnlyList<StageGroup> Groups() =>
        [new(Blueprint.Stem), .. Depths.Select((blocks, k) => new StageGroup($"layer{k + 1}", blocks))];

    private protected Network Build(NetShape shape, bool bottleneck)
    {
        var (plan, depths) = (new Blueprint(this, shape), Depths);
        var small = Stem == Stem.Cifar;
        Init? Fan(long channels, long kernel) => small ? null : Init.Kaiming(channels * kernel * kernel);
        var conv1 = plan.Add("conv1", small
            ? new Conv2d(shape.Channels, Width, 3, padding: 1)
            : new Conv2d(shape.Channels, Width, 7, stride: 2, padding: 3, init: Fan(Width, 7)));
        var bn1 = plan.Add("bn1", new BatchNorm2d(Width, shape.Banks));
        if (small) plan.Stage(Blueprint.Stem, conv1, bn1, Apply.Relu);
        else plan.Stage(Blueprint.Stem, conv1, bn1, Apply.Relu, new Apply(x => Ops.max_pool2d(x, 3, 2, 1)));

        long inputs = Width;
        for (var group = 0; group < depths.Count; group++)
        {
            var blocks = new List<Module>();
            for (var k = 0; k < depths[group]; k++)
            {
                var stride = k == 0 ? Strides[group] : 1;
                Module block = bottleneck
                    ? new BottleneckBlock(inputs, (long)Width << group, stride, shape.Banks, small ? "shortcut" : "downsample", Fan)
                    : new BasicBlock(inputs, (long)Width << group, stride, shape.Banks, small ? "shortcut" : "downsample", Fan);
                inputs = ((long)Width << group) * (bottleneck ? 4 : 1);
                var left = depths[group] - k;
                blocks.Add(group == depths.Count - 1 && left <= 2 ? new Followed(block, plan.Place(left, inputs)) : block);
            }

            plan.Add($"layer{group + 1}", new Sequence(blocks));
            plan.Blocks($"layer{group + 1}", blocks);
        }

        plan.Stage("head", new Pool(), plan.Add("fc", new Linear(inputs, shape.Classes)));
        return plan.Build();
    }
}

/// <inheritdoc/>
[Kind("resnet18", "ResNet-18", "11.2 million parameters at width 64: the standard network for CIFAR-sized images.", Group = "Residual",
    Source = "He et al. 2016", Link = "https://arxiv.org/abs/1512.03385")]
public sealed record ResNet18Options : ResNetOptions
{
    private protected override NetSize Standard => new(557e6, 11.2e6);

    private protected override IReadOnlyList<int> Depths => [2, 2, 2, 2];

    public override Network Build(NetShape shape) => Build(shape, bottleneck: false);
}

/// <inheritdoc/>
[Kind("resnet34", "ResNet-34", "21 million parameters: twice as deep as ResNet-18.", Group = "Residual",
    Source = "He et al. 2016", Link = "https://arxiv.org/abs/1512.03385")]
public sealed record ResNet34Options : ResNetOptions
{
    private protected override NetSize Standard => new(1_160e6, 21.3e6);

    private protected override IReadOnlyList<int> Depths => [3, 4, 6, 3];

    public override Network Build(NetShape shape) => Build(shape, bottleneck: false);
}

/// <inheritdoc/>
[Kind("resnet50", "ResNet-50", "Bottleneck blocks with the stride in the 3x3 convolution (v1.5), 25.6 million parameters.", Group = "Residual",
    Source = "He et al. 2016", Link = "https://arxiv.org/abs/1512.03385")]
public sealed record ResNet50Options : ResNetOptions
{
    private protected override NetSize Standard => new(1_300e6, 23.5e6);

    private protected override IReadOnlyList<int> Depths => [3, 4, 6, 3];

    public override Network Build(NetShape shape) => Build(shape, bottleneck: true);
}

/// <inheritdoc/>
[Kind("resnet101", "ResNet-101", "ResNet-50 with a third group of 23 blocks, 44.5 million parameters.", Group = "Residual",
    Source = "He et al. 2016", Link = "https://arxiv.org/abs/1512.03385")]
public sealed record ResNet101Options : ResNetOptions
{
    private protected override NetSize Standard => new(2_520e6, 42.5e6);

    private protected override IReadOnlyList<int> Depths => [3, 4, 23, 3];

    public override Network Build(NetShape shape) => Build(shape, bottleneck: true);
}
