namespace WebLab.Engine.Torch;

/// <summary>Operators that reduce, order or multiply matrices.</summary>
public sealed partial class Tensor
{
    public Tensor sum(DType? dtype = null) => Ops.Call("sum", this, dtype);
    public Tensor sum(long dim, bool keepdim = false, DType? dtype = null) => Ops.Call("sum.dim_IntList", this, dim, keepdim, dtype);
    public Tensor sum(long[] dim, bool keepdim = false, DType? dtype = null) => Ops.Call("sum.dim_IntList", this, dim, keepdim, dtype);
    public Tensor mean(DType? dtype = null) => Ops.Call("mean", this, dtype);
    public Tensor mean(long dim, bool keepdim = false) => Ops.Call("mean.dim", this, dim, keepdim);
    public Tensor mean(long[] dim, bool keepdim = false) => Ops.Call("mean.dim", this, dim, keepdim);
    public Tensor var(bool unbiased = true) => Ops.Call("var", this, unbiased);
    public Tensor var(long dim, bool unbiased = true, bool keepdim = false) => Ops.Call("var.dim", this, dim, unbiased, keepdim);
    public Tensor var(long[] dim, bool unbiased = true, bool keepdim = false) => Ops.Call("var.dim", this, dim, unbiased, keepdim);
    public Tensor std(bool unbiased = true) => Ops.Call("std", this, unbiased);
    public Tensor std(long dim, bool unbiased = true, bool keepdim = false) => Ops.Call("std.dim", this, dim, unbiased, keepdim);
    public Tensor std(long[] dim, bool unbiased = true, bool keepdim = false) => Ops.Call("std.dim", this, dim, unbiased, keepdim);
    public Tensor amax(long dim, bool keepdim = false) => Ops.Call("amax", this, dim, keepdim);
    public Tensor amax(long[] dim, bool keepdim = false) => Ops.Call("amax", this, dim, keepdim);
    public Tensor amin(long dim, bool keepdim = false) => Ops.Call("amin", this, dim, keepdim);
    public Tensor amin(long[] dim, bool keepdim = false) => Ops.Call("amin", this, dim, keepdim);
    public Tensor max() => Ops.Call("max", this);
    public (Tensor values, Tensor indices) max(long dim, bool keepdim = false) => Ops.Pair("max.dim", this, dim, keepdim);
    public Tensor min() => Ops.Call("min", this);
    public (Tensor values, Tensor indices) min(long dim, bool keepdim = false) => Ops.Pair("min.dim", this, dim, keepdim);
    public Tensor argmax(long? dim = null, bool keepdim = false) => Ops.Call("argmax", this, dim, keepdim);
    public Tensor argmin(long? dim = null, bool keepdim = false) => Ops.Call("argmin", this, dim, keepdim);
    public Tensor any() => Ops.Call("any", this);
    public Tensor any(long dim, bool keepdim = false) => Ops.Call("any.dim", this, dim, keepdim);
    public Tensor all() => Ops.Call("all", this);
    public Tensor all(long dim, bool keepdim = false) => Ops.Call("all.dim", this, dim, keepdim);
    public Tensor prod(long dim, bool keepdim = false) => Ops.Call("prod.dim_int", this, dim, keepdim);
    public Tensor logsumexp(long dim, bool keepdim = false) => Ops.Call("logsumexp", this, dim, keepdim);
    public Tensor norm(double p = 2) => Ops.Call("norm.Scalar", this, p);
    public Tensor norm(double p, long dim, bool keepdim = false) => Ops.Call("norm.ScalarOpt_dim", this, p, dim, keepdim);
    public Tensor norm(double p, long[] dim, bool keepdim = false) => Ops.Call("norm.ScalarOpt_dim", this, p, dim, keepdim);
    public Tensor count_nonzero() => Ops.Call("count_nonzero", this);
    public bool equal(Tensor other) => Op.Named("equal").Number([this, other]).Int != 0;

    public (Tensor values, Tensor indices) topk(long k, long dim = -1, bool largest = true, bool sorted = true) => Ops.Pair("topk", this, k, dim, largest, sorted);
    public (Tensor values, Tensor indices) kthvalue(long k, long dim = -1, bool keepdim = false) => Ops.Pair("kthvalue", this, k, dim, keepdim);
    public (Tensor values, Tensor indices) median(long dim, bool keepdim = false) => Ops.Pair("median.dim", this, dim, keepdim);
    public (Tensor values, Tensor indices) sort(long dim = -1, bool descending = false) => Ops.Pair("sort", this, dim, descending);
    /// <summary>Equal numbers keep their order.</summary>
    public (Tensor values, Tensor indices) sort_stable(long dim = -1, bool descending = false) => Ops.Pair("sort.stable", this, true, dim, descending);
    public Tensor argsort(long dim = -1, bool descending = false) => Ops.Call("argsort", this, dim, descending);
    public Tensor cumsum(long dim) => Ops.Call("cumsum", this, dim);
    public Tensor cumprod(long dim) => Ops.Call("cumprod", this, dim);
    public Tensor bincount(long minlength = 0) => Ops.Call("bincount", this, Arg.None, minlength);

    public Tensor matmul(Tensor other) => Ops.Call("matmul", this, other);
    public Tensor mm(Tensor other) => Ops.Call("mm", this, other);
    public Tensor bmm(Tensor other) => Ops.Call("bmm", this, other);
    /// <summary>this + a b.</summary>
    public Tensor addmm(Tensor a, Tensor b, Scalar? beta = null, Scalar? alpha = null) => Ops.Call("addmm", this, a, b, beta ?? 1, alpha ?? 1);
    public Tensor dot(Tensor other) => Ops.Call("dot", this, other);
    public Tensor softmax(long dim, DType? dtype = null) => Ops.Call("softmax.int", this, dim, dtype);
    public Tensor log_softmax(long dim, DType? dtype = null) => Ops.Call("log_softmax.int", this, dim, dtype);
}
