using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// Three pairs of convolution, batch norm, ReLU (64, 128, 196 channels), each pair closed by a 2x2 max-pool; two linear layers
/// (Zhang et al. 2020, the SmallCNN of FAT). Maps that are not 4x4 at the end are pooled to 4x4.
/// Stages: input, block1, block2, block3, head.
/// </summary>
[Kind("smallcnn", "SmallCNN", "1.6 million parameters without shortcuts: a quick baseline of the adversarial-training papers.", Group = "Small",
    Source = "Zhang et al. 2020", Link = "https://arxiv.org/abs/2002.11242")]
public sealed record SmallCnnOptions : ArchitectureOptions
{
    public override NetSize Size() => new(134e6, 1.64e6);

    public override IReadOnlyList<StageGroup> Groups() => [new("block1"), new("block2"), new("block3")];

    public override Network Build(NetShape shape)
    {
        var plan = new Blueprint(this, shape);
        var (width, inputs) = (new[] { 64, 128, 196 }, shape.Channels);
        for (var k = 1; k <= 3; inputs = width[k++ - 1])
        {
            var channels = width[k - 1];
            var conv1 = plan.Add($"block{k}_conv1", new Conv2d(inputs, channels, 3, padding: 1, bias: true));
            var conv2 = plan.Add($"block{k}_conv2", new Conv2d(channels, channels, 3, padding: 1, bias: true));
            var bn1 = plan.Add($"batchnorm{k}_1", new BatchNorm2d(channels, shape.Banks));
            var bn2 = plan.Add($"batchnorm{k}_2", new BatchNorm2d(channels, shape.Banks));
            plan.Stage($"block{k}", conv1, bn1, Apply.Relu, conv2, bn2, Apply.Relu, new Apply(x => Ops.max_pool2d(x, 2)));
        }

        plan.Stage("head",
            new Apply(x => (x.shape[2] == 4 && x.shape[3] == 4 ? x : Ops.adaptive_avg_pool2d(x, 4, 4)).flatten(1)),
            plan.Add("fc1", new Linear(inputs * 16, 256)),
            Apply.Relu,
            plan.Add("fc2", new Linear(256, shape.Classes)));
        return plan.Build();
    }
}
