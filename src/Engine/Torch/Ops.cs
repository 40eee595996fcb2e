namespace WebLab.Engine.Torch;

/// <summary>Operators that are not a tensor's own: made for `using static`. Names and argument order are PyTorch's.</summary>
public static partial class Ops
{
    /// <summary>Any operator by name, as `roll` or `add.Tensor`: its first result. Arguments in the order of its schema.</summary>
    /// <exception cref="TorchException">No such operator, or it refuses its arguments.</exception>
    public static Tensor Call(string op, params ReadOnlySpan<Arg> args) => Op.Named(op).One(args);

    /// <summary>All results of an operator that returns several tensors or a list.</summary>
    public static Tensor[] CallMany(string op, params ReadOnlySpan<Arg> args) => Op.Named(op).Many(args);

    /// <summary>The schema of an operator, as libtorch writes it.</summary>
    public static string Schema(string op) => Op.Named(op).Schema;

    internal static (Tensor, Tensor) Pair(string op, params ReadOnlySpan<Arg> args)
    {
        var both = Op.Named(op).Many(args);
        return (both[0], both[1]);
    }

    // Layout and pin_memory, which follow dtype or device in the schemas of makers, are left to their defaults.
    public static Tensor empty(long[] size, DType dtype = DType.Float32, Device? device = null) =>
        Call("empty.memory_format", size, dtype, Arg.None, device);

    public static Tensor zeros(long[] size, DType dtype = DType.Float32, Device? device = null) =>
        Call("zeros", size, dtype, Arg.None, device);

    public static Tensor ones(long[] size, DType dtype = DType.Float32, Device? device = null) =>
        Call("ones", size, dtype, Arg.None, device);

    public static Tensor full(long[] size, Scalar value, DType dtype = DType.Float32, Device? device = null) =>
        Call("full", size, value, dtype, Arg.None, device);

    public static Tensor arange(Scalar end, DType dtype = DType.Int64, Device? device = null) =>
        Call("arange", end, dtype, Arg.None, device);

    public static Tensor arange(Scalar start, Scalar end, Scalar step, DType dtype = DType.Int64, Device? device = null) =>
        Call("arange.start_step", start, end, step, dtype, Arg.None, device);

    public static Tensor linspace(Scalar start, Scalar end, long steps, DType dtype = DType.Float32, Device? device = null) =>
        Call("linspace", start, end, steps, dtype, Arg.None, device);

    public static Tensor eye(long n, DType dtype = DType.Float32, Device? device = null) =>
        Call("eye", n, dtype, Arg.None, device);

    public static Tensor empty_like(Tensor input) => Call("empty_like", input);

    public static Tensor zeros_like(Tensor input, DType? dtype = null) => Call("zeros_like", input, dtype);

    public static Tensor ones_like(Tensor input, DType? dtype = null) => Call("ones_like", input, dtype);

    public static Tensor full_like(Tensor input, Scalar value, DType? dtype = null) => Call("full_like", input, value, dtype);

    public static Tensor cat(Tensor[] tensors, long dim = 0) => Call("cat", tensors, dim);

    public static Tensor stack(Tensor[] tensors, long dim = 0) => Call("stack", tensors, dim);

    public static Tensor where(Tensor condition, Tensor input, Tensor other) => Call("where.self", condition, input, other);

    public static Tensor where(Tensor condition, Tensor input, Scalar other) => Call("where.ScalarOther", condition, input, other);

    public static Tensor where(Tensor condition, Scalar input, Tensor other) => Call("where.ScalarSelf", condition, input, other);

    public static Tensor minimum(Tensor input, Tensor other) => Call("minimum", input, other);

    public static Tensor maximum(Tensor input, Tensor other) => Call("maximum", input, other);

    /// <summary>Index grids, `ij` order.</summary>
    public static Tensor[] meshgrid(params Tensor[] tensors) => CallMany("meshgrid.indexing", tensors, "ij");

    /// <summary>Product written in Einstein's notation.</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors) => Call("einsum", equation, tensors);
}
