using WebLab.Engine.Torch;

namespace WebLab.Engine.Nets;

/// <summary>The place of one parameter or buffer: the tensor in it changes when the network moves to another device or type.</summary>
public sealed class Slot
{
    private readonly double[]? _constant;

    internal Slot(Init init, bool learned, long[] shape, DType? fixedType = null)
    {
        (Init, Learned, Shape, FixedType, Stored) = (init, learned, shape, fixedType, true);
        Value = Ops.zeros(shape, fixedType ?? DType.Float32).Unscoped();
        Value.requires_grad = learned;
    }

    /// <summary>A fixed value that is no part of a checkpoint; it is rounded anew from the doubles for each element type.</summary>
    internal Slot(double[] constant, long[] shape)
    {
        (Shape, _constant) = (shape, constant);
        Value = Tensor.From(constant, shape).to(DType.Float32).Unscoped();
    }

    /// <summary>The tensor; it belongs to the network, not to a scope.</summary>
    public Tensor Value { get; private set; }

    /// <summary>True for a parameter, false for a buffer.</summary>
    public bool Learned { get; }

    public IReadOnlyList<long> Shape { get; }

    /// <summary>False for constants of the architecture, which no checkpoint holds.</summary>
    public bool Stored { get; }

    internal Init Init { get; }

    /// <summary>Set for counters, which stay int64 whatever the network's type.</summary>
    internal DType? FixedType { get; }

    /// <summary>The value in another element type (counters and, for exactness, constants go their own way) and on another device.</summary>
    internal Tensor As(Device device, DType type) =>
        (_constant is null ? Value : Tensor.From(_constant, [.. Shape])).to(device, FixedType ?? type);

    /// <summary>Puts another tensor into the place; the old one is freed.</summary>
    internal void Replace(Tensor value)
    {
        var old = Value;
        Value = value.detach().Unscoped();
        Value.requires_grad = Learned;
        old.Dispose();
    }
}
