using WebLab.Engine.Catalog;

namespace WebLab.Engine.Nets;

/// <summary>
/// Three 3x3 convolutions (8, 16, 16 channels, the second with stride 2), each with batch norm and ReLU, mean over the map, linear.
/// Stages: input, stage1, stage2, stage3, head.
/// </summary>
[Kind("tinycnn", "TinyCNN", "3,922 parameters for ten classes: trains in seconds, for demos and tests.", Group = "Small")]
public sealed record TinyCnnOptions : ArchitectureOptions
{
    public override int AttributionPlaces() => 2;

    public override NetSize Size() => new(1.1e6, 3_922);

    public override IReadOnlyList<StageGroup> Groups() => [new("stage1"), new("stage2"), new("stage3")];

    public override Network Build(NetShape shape)
    {
        var plan = new Blueprint(this, shape);
        var (width, inputs) = (new[] { 8, 16, 16 }, shape.Channels);
        for (var k = 1; k <= 3; inputs = width[k++ - 1])
        {
            plan.Stage($"stage{k}",
                plan.Add($"conv{k}", new Conv2d(inputs, width[k - 1], 3, stride: k == 2 ? 2 : 1, padding: 1)),
                plan.Add($"bn{k}", new BatchNorm2d(width[k - 1], shape.Banks)),
                Apply.Relu,
                k == 1 ? Apply.Nothing : plan.Place(4 - k, width[k - 1]));
        }

        plan.Stage("head", new Pool(), plan.Add("fc", new Linear(inputs, shape.Classes)));
        return plan.Build();
    }
}
