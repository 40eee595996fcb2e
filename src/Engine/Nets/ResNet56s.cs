using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// ResNet-56 for CIFAR with parameter-free shortcuts: every second pixel, zero channels on both sides (He et al. 2016, option A), as in
/// the released ALFA code. Stages: input, stem, the blocks of layer1 to layer3, head.
/// </summary>
[Kind("resnet56s", "ResNet-56s", "0.85 million parameters in 55 convolutions: the network of the ALFA paper.", Group = "Residual",
    Source = "He et al. 2016", Link = "https://arxiv.org/abs/1512.03385")]
public sealed record ResNet56sOptions : ArchitectureOptions
{
    private const int Depth = 9;

    public override int AttributionPlaces() => 2;

    public override NetSize Size() => new(126e6, 0.85e6);

    public override IReadOnlyList<StageGroup> Groups() =>
        [new(Blueprint.Stem), .. Enumerable.Range(1, 3).Select(k => new StageGroup($"layer{k}", Depth))];

    // After the stem and after 4, 7, 10, 14, 17, 20, 24 and 27 blocks, as in the released code.
    public override IReadOnlyList<string> SpreadPlaces() =>
        [Blueprint.Stem, "layer1.3", "layer1.6", "layer2.0", "layer2.4", "layer2.7", "layer3.1", "layer3.5", "layer3"];

    public override Network Build(NetShape shape)
    {
        var plan = new Blueprint(this, shape);
        plan.Stage(Blueprint.Stem,
            plan.Add("conv1", new Conv2d(shape.Channels, 16, 3, padding: 1, init: Init.Kaiming(9 * shape.Channels))),
            plan.Add("bn1", new BatchNorm2d(16, shape.Banks)),
            Apply.Relu);
        long inputs = 16;
        for (var group = 0; group < 3; group++)
        {
            var (channels, blocks) = (16L << group, new List<Module>());
            for (var k = 0; k < Depth; k++, inputs = channels)
            {
                var block = new Block(inputs, channels, shape.Banks);
                blocks.Add(group == 2 && k >= Depth - 2 ? new Followed(block, plan.Place(Depth - k, channels)) : block);
            }

            plan.Add($"layer{group + 1}", new Sequence(blocks));
            plan.Blocks($"layer{group + 1}", blocks);
        }

        plan.Stage("head", new Pool(), plan.Add("fc", new Linear(inputs, shape.Classes, Init.Kaiming(inputs))));
        return plan.Build();
    }

    private sealed class Block : Module
    {
        private readonly long _missing;
        private readonly Conv2d _conv1;
        private readonly BatchNorm2d _bn1;
        private readonly Conv2d _conv2;
        private readonly BatchNorm2d _bn2;

        public Block(long inputs, long channels, int banks)
        {
            _missing = channels - inputs;
            _conv1 = Add("conv1", new Conv2d(inputs, channels, 3, _missing > 0 ? 2 : 1, 1, init: Init.Kaiming(9 * inputs)));
            _bn1 = Add("bn1", new BatchNorm2d(channels, banks));
            _conv2 = Add("conv2", new Conv2d(channels, channels, 3, 1, 1, init: Init.Kaiming(9 * channels)));
            _bn2 = Add("bn2", new BatchNorm2d(channels, banks));
        }

        public override Tensor Forward(Tensor x, Pass pass)
        {
            var z = _bn1.After(_conv1, x, pass).relu();
            z = _bn2.After(_conv2, z, pass);
            return z.add(_missing > 0 ? Shortcut(x) : x).relu();
        }

        private Tensor Shortcut(Tensor x)
        {
            var even = x.slice(2, 0, x.shape[2], 2).slice(3, 0, x.shape[3], 2);
            return Ops.constant_pad_nd(even, [0, 0, 0, 0, _missing / 2, _missing - (_missing / 2)], 0);
        }
    }
}
