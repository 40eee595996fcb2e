using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>2-D convolution. x: N x C x H x W.</summary>
public sealed class Conv2d : Module
{
    private readonly Slot _weight;
    private readonly Slot? _bias;
    private readonly long _stride;
    private readonly long _padding;
    private readonly long _groups;

    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the square kernel.</param>
    /// <param name="stride">Stride of both axes.</param>
    /// <param name="padding">Zeros added at each side.</param>
    /// <param name="bias">Whether a bias is added.</param>
    /// <param name="groups">Channel groups.</param>
    /// <param name="init">Start of the weight; PyTorch's default where absent.</param>
    public Conv2d(long inputs, long outputs, long kernel, long stride = 1, long padding = 0, bool bias = false, long groups = 1, Init? init = null)
    {
        (_stride, _padding, _groups) = (stride, padding, groups);
        var fanIn = inputs / groups * kernel * kernel;
        _weight = Parameter("weight", init ?? Init.Library(fanIn), outputs, inputs / groups, kernel, kernel);
        if (bias) _bias = Parameter("bias", init is null ? Init.Library(fanIn) : Init.Zero, outputs);
    }

    internal Tensor Weight => _weight.Value;

    internal Tensor? Bias => _bias?.Value;

    public override Tensor Forward(Tensor x, Pass pass) => Forward(x, Weight, Bias);

    /// <summary>The same with other values of the same shapes.</summary>
    internal Tensor Forward(Tensor x, Tensor weight, Tensor? bias) => Stalls(x) ? Pointwise(x, weight, bias)
        : Ops.conv2d(x, weight, bias, _stride, _padding, 1, _groups);

    // On processors without AVX-512, oneDNN's gradient of a 1x1 kernel never returns when the input channels fill no block of eight.
    private bool Stalls(Tensor x) => _weight.Shape is [_, var inputs, 1, 1] && inputs % 8 != 0 && _groups == 1 && _padding == 0 && x.device.Kind == DeviceKind.Cpu;

    // The same sums as a product of matrices: every pixel a row.
    private Tensor Pointwise(Tensor x, Tensor weight, Tensor? bias)
    {
        var pixels = _stride == 1 ? x : x.slice(2, step: _stride).slice(3, step: _stride);
        return Ops.linear(pixels.permute(0, 2, 3, 1), weight.flatten(1), bias).permute(0, 3, 1, 2);
    }
}

/// <summary>Affine map of the last axis. x: N x inputs.</summary>
public sealed class Linear : Module
{
    private readonly Slot _weight;
    private readonly Slot _bias;

    public Linear(long inputs, long outputs, Init? init = null, Init? bias = null)
    {
        _weight = Parameter("weight", init ?? Init.Library(inputs), outputs, inputs);
        _bias = Parameter("bias", bias ?? Init.Library(inputs), outputs);
    }

    public override Tensor Forward(Tensor x, Pass pass) => Ops.linear(x, _weight.Value, _bias.Value);
}

/// <summary>A step without parameters, such as an activation.</summary>
public sealed class Apply(Func<Tensor, Tensor> step) : Module
{
    /// <summary>Leaves x as it is.</summary>
    public static Apply Nothing => new(x => x);

    public static Apply Relu => new(x => x.relu());

    public static Apply Silu => new(x => x.silu());

    public override Tensor Forward(Tensor x, Pass pass) => step(x);
}

/// <summary>Mean over height and width: N x C x H x W to N x C. Told aside: <c>pooled</c>, what came in.</summary>
public sealed class Pool : Module
{
    public override Tensor Forward(Tensor x, Pass pass)
    {
        pass.Asides?.AddFeature("pooled", () => x);
        return x.mean([2, 3]);
    }
}
