using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>Two 3x3 convolutions with batch norm; ReLU between them and after the sum with the shortcut.</summary>
internal sealed class BasicBlock : Module
{
    private readonly Conv2d _conv1;
    private readonly BatchNorm2d _bn1;
    private readonly Conv2d _conv2;
    private readonly BatchNorm2d _bn2;
    private readonly Sequence? _shortcut;

    /// <param name="inputs">Input channels.</param>
    /// <param name="channels">Output channels.</param>
    /// <param name="stride">Stride of the first convolution.</param>
    /// <param name="banks">Batch-norm banks.</param>
    /// <param name="shortcut">Name of the projection shortcut.</param>
    /// <param name="start">Start of a convolution by output channels and kernel; null for the library's.</param>
    public BasicBlock(long inputs, long channels, long stride, int banks, string shortcut, Func<long, long, Init?> start)
    {
        _conv1 = Add("conv1", new Conv2d(inputs, channels, 3, stride, 1, init: start(channels, 3)));
        _bn1 = Add("bn1", new BatchNorm2d(channels, banks));
        _conv2 = Add("conv2", new Conv2d(channels, channels, 3, 1, 1, init: start(channels, 3)));
        _bn2 = Add("bn2", new BatchNorm2d(channels, banks));
        if (stride != 1 || inputs != channels)
            _shortcut = Add(shortcut, new Sequence(new Conv2d(inputs, channels, 1, stride, init: start(channels, 1)), new BatchNorm2d(channels, banks)));
    }

    public override Tensor Forward(Tensor x, Pass pass)
    {
        var z = _bn1.After(_conv1, x, pass).relu();
        z = _bn2.After(_conv2, z, pass);
        return z.add(_shortcut?.Forward(x, pass) ?? x).relu();
    }
}

/// <summary>1x1, 3x3 (carries the stride) and 1x1 convolution to four times the channels, each with batch norm; ReLU after the sum.</summary>
internal sealed class BottleneckBlock : Module
{
    private readonly Conv2d[] _conv;
    private readonly BatchNorm2d[] _bn;
    private readonly Sequence? _shortcut;

    /// <inheritdoc cref="BasicBlock"/>
    public BottleneckBlock(long inputs, long channels, long stride, int banks, string shortcut, Func<long, long, Init?> start)
    {
        var outputs = channels * 4;
        _conv = new Conv2d[3];
        _bn = new BatchNorm2d[3];
        for (var k = 0; k < 3; k++)
        {
            var (from, to, kernel) = (k == 0 ? inputs : channels, k == 2 ? outputs : channels, k == 1 ? 3 : 1);
            _conv[k] = Add($"conv{k + 1}", new Conv2d(from, to, kernel, k == 1 ? stride : 1, kernel / 2, init: start(to, kernel)));
            _bn[k] = Add($"bn{k + 1}", new BatchNorm2d(to, banks));
        }

        if (stride != 1 || inputs != outputs)
            _shortcut = Add(shortcut, new Sequence(new Conv2d(inputs, outputs, 1, stride, init: start(outputs, 1)), new BatchNorm2d(outputs, banks)));
    }

    public override Tensor Forward(Tensor x, Pass pass)
    {
        var z = x;
        for (var k = 0; k < 3; k++)
        {
            z = _bn[k].After(_conv[k], z, pass);
            if (k < 2) z = z.relu();
        }

        return z.add(_shortcut?.Forward(x, pass) ?? x).relu();
    }
}
