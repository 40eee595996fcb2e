using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// Wide residual network WRN-depth-widen (Zagoruyko and Komodakis 2016) with the names of the TRADES code, without that code's unused
/// copy of the first group. Stages: input, stem, the blocks of block1 to block3, head.
/// </summary>
[Kind("wrn", "Wide ResNet", "Pre-activation network of three groups; WRN-34-10 (46 million parameters) is the papers' large CIFAR model.", Group = "Residual",
    Source = "Zagoruyko and Komodakis 2016", Link = "https://arxiv.org/abs/1605.07146")]
public sealed record WideResNetOptions : ArchitectureOptions
{
    [Range(10, 1000), Unit("layers"), Description("Depth, 6n + 4 with n blocks per group.")]
    public int Depth { get; init; } = 34;

    [Range(1, 64), Description("Widening factor: groups have 16, 32 and 64 times as many channels.")]
    public int Widen { get; init; } = 10;

    [Range(0.0, 0.9), Advanced, Description("Dropout between the two convolutions of a block; random in training passes only.")]
    public double Dropout { get; init; }

    public override IEnumerable<Finding> Check()
    {
        if ((Depth - 4) % 6 != 0) yield return new("depth", $"must be 6n + 4 (10, 16, 22, 28, 34, ...); got {Depth}");
    }

    public override int AttributionPlaces() => 2;

    public override NetSize Size() => new NetSize(6_660e6 / 30 * (Depth - 4), 46.2e6 / 30 * (Depth - 4)).Widened(Widen / 10.0);

    public override IReadOnlyList<StageGroup> Groups() =>
        [new(Blueprint.Stem), .. Enumerable.Range(1, 3).Select(k => new StageGroup($"block{k}", PerGroup))];

    private int PerGroup => (Depth - 4) / 6;

    public override Network Build(NetShape shape)
    {
        var plan = new Blueprint(this, shape);
        plan.Stage(Blueprint.Stem, plan.Add("conv1", new Conv2d(shape.Channels, 16, 3, padding: 1, init: Init.Kaiming(9 * 16))));
        long inputs = 16;
        for (var group = 0; group < 3; group++)
        {
            var (channels, blocks) = ((16L << group) * Widen, new List<Module>());
            var count = PerGroup;
            for (var k = 0; k < count; k++, inputs = channels)
                blocks.Add(new Block(inputs, channels, group > 0 && k == 0 ? 2 : 1, shape.Banks, new Dropout($"block{group + 1}.{k}.dropout", Dropout),
                    group == 2 && k == count - 1 ? plan.Place(2, inputs) : Apply.Nothing));
            plan.Add($"block{group + 1}", new Sequence([("layer", new Sequence(blocks))]));
            plan.Blocks($"block{group + 1}", blocks);
        }

        plan.Stage("head",
            plan.Add("bn1", new BatchNorm2d(inputs, shape.Banks)), Apply.Relu, plan.Place(1, inputs), new Pool(),
            plan.Add("fc", new Linear(inputs, shape.Classes, bias: Init.Zero)));
        return plan.Build();
    }

    private sealed class Block : Module
    {
        private readonly BatchNorm2d _bn1;
        private readonly Conv2d _conv1;
        private readonly BatchNorm2d _bn2;
        private readonly Dropout _dropout;
        private readonly Conv2d _conv2;
        private readonly Conv2d? _shortcut;
        private readonly Module _point;

        public Block(long inputs, long channels, long stride, int banks, Dropout dropout, Module point)
        {
            _point = point;
            _bn1 = Add("bn1", new BatchNorm2d(inputs, banks));
            _conv1 = Add("conv1", new Conv2d(inputs, channels, 3, stride, 1, init: Init.Kaiming(9 * channels)));
            _bn2 = Add("bn2", new BatchNorm2d(channels, banks));
            _dropout = Add("dropout", dropout);
            _conv2 = Add("conv2", new Conv2d(channels, channels, 3, 1, 1, init: Init.Kaiming(9 * channels)));
            if (inputs != channels) _shortcut = Add("convShortcut", new Conv2d(inputs, channels, 1, stride, init: Init.Kaiming(channels)));
        }

        public override Tensor Forward(Tensor x, Pass pass)
        {
            var active = _bn1.Forward(x, pass).relu();
            var z = _bn2.After(_conv1, _point.Forward(active, pass), pass).relu();
            z = _conv2.Forward(_dropout.Forward(z, pass), pass);
            return z.add(_shortcut?.Forward(active, pass) ?? x);
        }
    }
}
