namespace WebLab.Engine.Torch;

/// <summary>Operators that convert, reshape, cut and pick.</summary>
public sealed partial class Tensor
{
    /// <summary>The same numbers in another element type; the tensor itself when it already has it.</summary>
    public Tensor to(DType dtype, bool copy = false) => Ops.Call("to.dtype", this, dtype, false, copy);
    /// <summary>The same numbers on another device; the tensor itself when it is already there.</summary>
    public Tensor to(Device device, DType? dtype = null, bool copy = false) => Ops.Call("to.device", this, device, dtype ?? this.dtype, false, copy);
    public Tensor cpu() => to(Device.Cpu);
    public Tensor clone(MemoryFormat? memory_format = null) => Ops.Call("clone", this, memory_format);
    public Tensor contiguous(MemoryFormat memory_format = MemoryFormat.Contiguous) => Ops.Call("contiguous", this, memory_format);

    public Tensor reshape(params long[] shape) => Ops.Call("reshape", this, shape);
    public Tensor view(params long[] shape) => Ops.Call("view", this, shape);
    public Tensor view_as(Tensor other) => Ops.Call("view_as", this, other);
    public Tensor permute(params long[] dims) => Ops.Call("permute", this, dims);
    public Tensor transpose(long dim0, long dim1) => Ops.Call("transpose.int", this, dim0, dim1);
    public Tensor t() => Ops.Call("t", this);
    public Tensor flatten(long start_dim = 0, long end_dim = -1) => Ops.Call("flatten.using_ints", this, start_dim, end_dim);
    public Tensor squeeze() => Ops.Call("squeeze", this);
    public Tensor squeeze(long dim) => Ops.Call("squeeze.dim", this, dim);
    public Tensor unsqueeze(long dim) => Ops.Call("unsqueeze", this, dim);
    public Tensor expand(params long[] shape) => Ops.Call("expand", this, shape);
    public Tensor expand_as(Tensor other) => Ops.Call("expand_as", this, other);
    public Tensor repeat(params long[] repeats) => Ops.Call("repeat", this, repeats);
    public Tensor repeat_interleave(long repeats, long? dim = null) => Ops.Call("repeat_interleave.self_int", this, repeats, dim);
    public Tensor flip(params long[] dims) => Ops.Call("flip", this, dims);
    public Tensor roll(long[] shifts, long[] dims) => Ops.Call("roll", this, shifts, dims);
    /// <param name="k">Quarter turns.</param>
    /// <param name="dims">The plane.</param>
    public Tensor rot90(long k, long[] dims) => Ops.Call("rot90", this, k, dims);
    public Tensor unfold(long dimension, long size, long step) => Ops.Call("unfold", this, dimension, size, step);

    public Tensor narrow(long dim, long start, long length) => Ops.Call("narrow", this, dim, start, length);
    public Tensor slice(long dim, long? start = null, long? end = null, long step = 1) => Ops.Call("slice.Tensor", this, dim, start, end, step);
    public Tensor select(long dim, long index) => Ops.Call("select.int", this, dim, index);
    /// <summary>One row, or image, or number: select(0, index).</summary>
    public Tensor this[long index] => Ops.Call("select.int", this, 0, index);
    public Tensor[] split(long size, long dim = 0) => Ops.CallMany("split.Tensor", this, size, dim);
    public Tensor[] split(long[] sizes, long dim = 0) => Ops.CallMany("split_with_sizes", this, sizes, dim);
    public Tensor[] chunk(long chunks, long dim = 0) => Ops.CallMany("chunk", this, chunks, dim);
    public Tensor[] unbind(long dim = 0) => Ops.CallMany("unbind.int", this, dim);

    public Tensor gather(long dim, Tensor index) => Ops.Call("gather", this, dim, index);
    public Tensor scatter(long dim, Tensor index, Tensor src) => Ops.Call("scatter.src", this, dim, index, src);
    public Tensor scatter(long dim, Tensor index, Scalar value) => Ops.Call("scatter.value", this, dim, index, value);
    public Tensor scatter_add(long dim, Tensor index, Tensor src) => Ops.Call("scatter_add", this, dim, index, src);
    public Tensor index_select(long dim, Tensor index) => Ops.Call("index_select", this, dim, index);
    /// <summary>this[indices]: int64 or bool tensors, null for a whole dimension.</summary>
    public Tensor index(params Tensor?[] indices) => Ops.Call("index.Tensor", this, indices);
    public Tensor index_put(Tensor?[] indices, Tensor values, bool accumulate = false) => Ops.Call("index_put", this, indices, values, accumulate);
    public Tensor take_along_dim(Tensor indices, long dim) => Ops.Call("take_along_dim", this, indices, dim);
    public Tensor masked_fill(Tensor mask, Scalar value) => Ops.Call("masked_fill.Scalar", this, mask, value);
    public Tensor masked_select(Tensor mask) => Ops.Call("masked_select", this, mask);
    public Tensor nonzero() => Ops.Call("nonzero", this);
    public Tensor one_hot(long num_classes) => Ops.Call("one_hot", this, num_classes);
    public Tensor tril(long diagonal = 0) => Ops.Call("tril", this, diagonal);
    public Tensor triu(long diagonal = 0) => Ops.Call("triu", this, diagonal);
    public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => Ops.Call("diagonal", this, offset, dim1, dim2);
}
