using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// ResNet-18 with pre-activation blocks and a closing batch norm and ReLU (Rice et al. 2020). A projection shortcut (1x1 convolution
/// without batch norm) reads the activated input. Stages: input, stem, the blocks of
/// layer1 to layer4, head.
/// </summary>
[Kind("preactresnet18", "PreActResNet-18", "11.2 million parameters, batch norm and ReLU before each convolution: used by fast and robust-overfitting papers.",
    Group = "Residual", Source = "He et al. 2016", Link = "https://arxiv.org/abs/1603.05027")]
public sealed record PreActResNet18Options : ArchitectureOptions
{
    [Range(1, 1024), Unit("channels"), Description("Channels of the stem and the first group; later groups have 2, 4 and 8 times as many.")]
    public int Width { get; init; } = 64;

    public override int AttributionPlaces() => 2;

    public override NetSize Size() => new NetSize(555e6, 11.2e6).Widened(Width / 64.0);

    public override IReadOnlyList<StageGroup> Groups() =>
        [new(Blueprint.Stem), .. Enumerable.Range(1, 4).Select(k => new StageGroup($"layer{k}", 2))];

    public override Network Build(NetShape shape)
    {
        var plan = new Blueprint(this, shape);
        plan.Stage(Blueprint.Stem, plan.Add("conv1", new Conv2d(shape.Channels, Width, 3, padding: 1)));
        long inputs = Width;
        for (var group = 0; group < 4; group++)
        {
            var channels = (long)Width << group;
            Module[] blocks =
            [
                new PreActBlock(inputs, channels, group > 0 ? 2 : 1, shape.Banks, Apply.Nothing),
                new PreActBlock(channels, channels, 1, shape.Banks, group == 3 ? plan.Place(2, channels) : Apply.Nothing),
            ];
            plan.Add($"layer{group + 1}", new Sequence(blocks));
            plan.Blocks($"layer{group + 1}", blocks);
            inputs = channels;
        }

        plan.Stage("head", plan.Add("bn", new BatchNorm2d(inputs, shape.Banks)), Apply.Relu, plan.Place(1, inputs), new Pool(),
            plan.Add("linear", new Linear(inputs, shape.Classes)));
        return plan.Build();
    }

    private sealed class PreActBlock : Module
    {
        private readonly BatchNorm2d _bn1;
        private readonly Conv2d _conv1;
        private readonly BatchNorm2d _bn2;
        private readonly Conv2d _conv2;
        private readonly Sequence? _shortcut;
        private readonly Module _point;

        public PreActBlock(long inputs, long channels, long stride, int banks, Module point)
        {
            _point = point;
            _bn1 = Add("bn1", new BatchNorm2d(inputs, banks));
            _conv1 = Add("conv1", new Conv2d(inputs, channels, 3, stride, 1));
            _bn2 = Add("bn2", new BatchNorm2d(channels, banks));
            _conv2 = Add("conv2", new Conv2d(channels, channels, 3, 1, 1));
            if (stride != 1 || inputs != channels) _shortcut = Add("shortcut", new Sequence(new Conv2d(inputs, channels, 1, stride)));
        }

        public override Tensor Forward(Tensor x, Pass pass)
        {
            var active = _bn1.Forward(x, pass).relu();
            var z = _bn2.After(_conv1, _point.Forward(active, pass), pass).relu();
            z = _conv2.Forward(z, pass);
            return z.add(_shortcut?.Forward(active, pass) ?? x);
        }
    }
}
