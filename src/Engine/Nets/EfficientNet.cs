using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>
/// EfficientNet (Tan and Le 2019) with torchvision's names. Stages: input, stem, the blocks of stage1 to stage7 (ends of
/// linear bottlenecks), conv, head.
/// </summary>
public abstract record EfficientNetOptions : ArchitectureOptions
{
    // expansion, kernel, stride, channels, blocks of the seven stages of B0
    private static readonly (int Expand, int Kernel, int Stride, int Channels, int Blocks)[] stages =
        [(1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)];

    [Range(1e-8, 1.0), Advanced, Description("Added to the variance in batch norm.")]
    public double BnEps { get; init; } = 1e-3;

    [Range(1e-6, 1.0), Advanced, Description("Share of a batch's statistics in the running ones.")]
    public double BnMomentum { get; init; } = 0.01;

    [Range(0.0, 0.9), Advanced, Description("Chance of dropping the last block's branch; it grows linearly from 0 over the blocks. Training passes only.")]
    public double StochasticDepth { get; init; } = 0.2;

    private protected abstract Scaling Scaling { get; }

    public override NetSize Size() => new NetSize(7.9e6 * Scaling.Depth, 5.3e6 * Scaling.Depth).Widened(Scaling.Width);

    public override IReadOnlyList<StageGroup> Groups() =>
        [new(Blueprint.Stem), .. stages.Select((s, k) => new StageGroup($"stage{k + 1}", Deep(s.Blocks))), new("conv")];

    public override Network Build(NetShape shape)
    {
        var plan = new Blueprint(this, shape);
        long Wide(double channels) => Divisible(channels * Scaling.Width);
        var inputs = Wide(32);
        plan.Stage(Blueprint.Stem, plan.Add("features.0", Unit(shape.Channels, inputs, 3, 2, shape.Banks)));
        var total = stages.Sum(s => Deep(s.Blocks));
        var done = 0;
        for (var k = 0; k < stages.Length; k++)
        {
            var (expand, kernel, stride, channels, count) = stages[k];
            var blocks = new List<Module>();
            for (var j = 0; j < Deep(count); j++, inputs = Wide(channels))
            {
                var drop = new StochasticDepth($"features.{k + 1}.{j}.depth", StochasticDepth * done++ / total);
                blocks.Add(new MobileBlock(this, inputs, Wide(channels), expand, kernel, j == 0 ? stride : 1, shape.Banks, drop));
            }

            plan.Add($"features.{k + 1}", new Sequence(blocks));
            plan.Blocks($"stage{k + 1}", blocks);
        }

        plan.Stage("conv", plan.Add("features.8", Unit(inputs, inputs * 4, 1, 1, shape.Banks)));
        plan.Stage("head", new Pool(), plan.Add("classifier.0", new Dropout("classifier.0", Scaling.Dropout)), plan.Add("classifier.1",
            new Linear(inputs * 4, shape.Classes, Init.Uniform(1 / Math.Sqrt(shape.Classes)), Init.Zero)));
        return plan.Build();
    }

    /// <summary>Convolution, batch norm and, where wanted, SiLU, named 0, 1, 2.</summary>
    internal Sequence Unit(long inputs, long outputs, long kernel, long stride, int banks, long groups = 1, bool active = true)
    {
        var conv = new Conv2d(inputs, outputs, kernel, stride, kernel / 2, groups: groups, init: Init.Kaiming(outputs * kernel * kernel));
        var norm = new BatchNorm2d(outputs, banks, BnEps, BnMomentum);
        return active ? new Sequence(conv, norm, Apply.Silu) : new Sequence(conv, norm);
    }

    private int Deep(int blocks) => (int)Math.Ceiling(blocks * Scaling.Depth);

    // The nearest multiple of 8, never more than a tenth below.
    private static long Divisible(double channels)
    {
        var rounded = Math.Max(8, (long)(channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }
}

/// <summary>What makes one EfficientNet of the family.</summary>
internal readonly record struct Scaling(double Width, double Depth, double Dropout);

/// <summary>Inverted bottleneck: 1x1 expansion, depthwise convolution, squeeze-excitation, 1x1 projection; a shortcut where shapes agree.</summary>
internal sealed class MobileBlock : Module
{
    private readonly Sequence _block;
    private readonly StochasticDepth? _drop;

    public MobileBlock(EfficientNetOptions options, long inputs, long outputs, int expand, int kernel, int stride, int banks, StochasticDepth drop)
    {
        var wide = inputs * expand;
        var parts = new List<Module>();
        if (expand != 1) parts.Add(options.Unit(inputs, wide, 1, 1, banks));
        parts.Add(options.Unit(wide, wide, kernel, stride, banks, groups: wide));
        parts.Add(new SqueezeExcitation(wide, Math.Max(1, inputs / 4)));
        parts.Add(options.Unit(wide, outputs, 1, 1, banks, active: false));
        _block = Add("block", new Sequence(parts));
        if (stride == 1 && inputs == outputs) _drop = Add("drop", drop);
    }

    public override Tensor Forward(Tensor x, Pass pass)
    {
        var z = _block.Forward(x, pass);
        return _drop is null ? z : _drop.Forward(z, pass) + x;
    }
}

/// <summary>Scales each channel by a gate in (0,1) computed from all channels' means (Hu et al. 2018).</summary>
internal sealed class SqueezeExcitation : Module
{
    private readonly Conv2d _squeeze;
    private readonly Conv2d _excite;

    public SqueezeExcitation(long channels, long squeezed)
    {
        _squeeze = Add("fc1", new Conv2d(channels, squeezed, 1, bias: true, init: Init.Kaiming(squeezed)));
        _excite = Add("fc2", new Conv2d(squeezed, channels, 1, bias: true, init: Init.Kaiming(channels)));
    }

    public override Tensor Forward(Tensor x, Pass pass)
    {
        var gate = _squeeze.Forward(x.mean([2, 3], true), pass).silu();
        return x * _excite.Forward(gate, pass).sigmoid();
    }
}
