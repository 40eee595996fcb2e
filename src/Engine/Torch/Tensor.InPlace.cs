namespace WebLab.Engine.Torch;

/// <summary>Operators that change their tensor. They belong to optimisers, running statistics and code without a graph.</summary>
public sealed partial class Tensor
{
    public Tensor add_(Tensor other, Scalar? alpha = null) => Change("add_.Tensor", this, other, alpha ?? 1);
    public Tensor add_(Scalar other) => Change("add_.Scalar", this, other);
    public Tensor sub_(Tensor other, Scalar? alpha = null) => Change("sub_.Tensor", this, other, alpha ?? 1);
    public Tensor sub_(Scalar other) => Change("sub_.Scalar", this, other);
    public Tensor mul_(Tensor other) => Change("mul_.Tensor", this, other);
    public Tensor mul_(Scalar other) => Change("mul_.Scalar", this, other);
    public Tensor div_(Tensor other) => Change("div_.Tensor", this, other);
    public Tensor div_(Scalar other) => Change("div_.Scalar", this, other);
    public Tensor addcmul_(Tensor a, Tensor b, Scalar? value = null) => Change("addcmul_", this, a, b, value ?? 1);
    public Tensor addcdiv_(Tensor a, Tensor b, Scalar? value = null) => Change("addcdiv_", this, a, b, value ?? 1);
    public Tensor lerp_(Tensor end, double weight) => Change("lerp_.Scalar", this, end, weight);
    public Tensor copy_(Tensor src) => Change("copy_", this, src);
    public Tensor zero_() => Change("zero_", this);
    public Tensor fill_(Scalar value) => Change("fill_.Scalar", this, value);
    public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Change("clamp_", this, min, max);
    public Tensor clamp_(Tensor? min, Tensor? max) => Change("clamp_.Tensor", this, min, max);
    public Tensor neg_() => Change("neg_", this);
    public Tensor abs_() => Change("abs_", this);
    public Tensor sign_() => Change("sign_", this);
    public Tensor sqrt_() => Change("sqrt_", this);
    public Tensor rsqrt_() => Change("rsqrt_", this);
    public Tensor log_() => Change("log_", this);
    public Tensor sin_() => Change("sin_", this);
    public Tensor exp_() => Change("exp_", this);
    public Tensor relu_() => Change("relu_", this);
    public Tensor floor_() => Change("floor_", this);
    public Tensor round_() => Change("round_", this);
    public Tensor detach_() => Change("detach_", this);
    public Tensor pow_(Scalar exponent) => Change("pow_.Scalar", this, exponent);
    public Tensor index_put_(Tensor?[] indices, Tensor values, bool accumulate = false) => Change("index_put_", this, indices, values, accumulate);
    public Tensor index_copy_(long dim, Tensor index, Tensor source) => Change("index_copy_", this, dim, index, source);
    public Tensor scatter_(long dim, Tensor index, Tensor src) => Change("scatter_.src", this, dim, index, src);
    public Tensor scatter_(long dim, Tensor index, Scalar value) => Change("scatter_.value", this, dim, index, value);
    public Tensor masked_fill_(Tensor mask, Scalar value) => Change("masked_fill_.Scalar", this, mask, value);
    public Tensor bitwise_and_(Tensor other) => Change("bitwise_and_.Tensor", this, other);
    public Tensor bitwise_and_(Scalar other) => Change("bitwise_and_.Scalar", this, other);
    public Tensor bitwise_or_(Tensor other) => Change("bitwise_or_.Tensor", this, other);
    public Tensor bitwise_or_(Scalar other) => Change("bitwise_or_.Scalar", this, other);
    public Tensor bitwise_xor_(Tensor other) => Change("bitwise_xor_.Tensor", this, other);
    public Tensor bitwise_xor_(Scalar other) => Change("bitwise_xor_.Scalar", this, other);
    public Tensor bitwise_right_shift_(Scalar bits) => Change("bitwise_right_shift_.Tensor_Scalar", this, bits);

    private Tensor Change(string op, params ReadOnlySpan<Arg> args)
    {
        Op.Named(op).Run(args);
        return this;
    }
}
