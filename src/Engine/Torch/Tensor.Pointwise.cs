namespace WebLab.Engine.Torch;

/// <summary>Operators that work element by element.</summary>
public sealed partial class Tensor
{
    public static Tensor operator +(Tensor a, Tensor b) => Ops.Call("add.Tensor", a, b);
    public static Tensor operator +(Tensor a, Scalar b) => Ops.Call("add.Scalar", a, b);
    public static Tensor operator -(Tensor a, Tensor b) => Ops.Call("sub.Tensor", a, b);
    public static Tensor operator -(Tensor a, Scalar b) => Ops.Call("sub.Scalar", a, b);
    public static Tensor operator *(Tensor a, Tensor b) => Ops.Call("mul.Tensor", a, b);
    public static Tensor operator *(Tensor a, Scalar b) => Ops.Call("mul.Scalar", a, b);
    public static Tensor operator /(Tensor a, Tensor b) => Ops.Call("div.Tensor", a, b);
    public static Tensor operator /(Tensor a, Scalar b) => Ops.Call("div.Scalar", a, b);
    public static Tensor operator +(Scalar a, Tensor b) => Ops.Call("add.Scalar", b, a);
    public static Tensor operator -(Scalar a, Tensor b) => Ops.Call("rsub.Scalar", b, a);
    public static Tensor operator *(Scalar a, Tensor b) => Ops.Call("mul.Scalar", b, a);
    public static Tensor operator /(Scalar a, Tensor b) => Ops.Call("mul.Scalar", b.reciprocal(), a);
    public static Tensor operator -(Tensor a) => Ops.Call("neg", a);

    public Tensor add(Tensor other, Scalar? alpha = null) => Ops.Call("add.Tensor", this, other, alpha ?? 1);
    public Tensor add(Scalar other) => Ops.Call("add.Scalar", this, other);
    public Tensor sub(Tensor other, Scalar? alpha = null) => Ops.Call("sub.Tensor", this, other, alpha ?? 1);
    public Tensor sub(Scalar other) => Ops.Call("sub.Scalar", this, other);
    public Tensor mul(Tensor other) => Ops.Call("mul.Tensor", this, other);
    public Tensor mul(Scalar other) => Ops.Call("mul.Scalar", this, other);
    public Tensor div(Tensor other) => Ops.Call("div.Tensor", this, other);
    public Tensor div(Scalar other) => Ops.Call("div.Scalar", this, other);
    /// <param name="other">The divisor.</param>
    /// <param name="rounding_mode">`floor` or `trunc`.</param>
    public Tensor div(Scalar other, string rounding_mode) => Ops.Call("div.Scalar_mode", this, other, rounding_mode);
    public Tensor div(Tensor other, string rounding_mode) => Ops.Call("div.Tensor_mode", this, other, rounding_mode);
    public Tensor remainder(Scalar other) => Ops.Call("remainder.Scalar", this, other);
    public Tensor fmod(Scalar other) => Ops.Call("fmod.Scalar", this, other);
    public Tensor addcmul(Tensor a, Tensor b, Scalar? value = null) => Ops.Call("addcmul", this, a, b, value ?? 1);
    public Tensor addcdiv(Tensor a, Tensor b, Scalar? value = null) => Ops.Call("addcdiv", this, a, b, value ?? 1);
    public Tensor lerp(Tensor end, double weight) => Ops.Call("lerp.Scalar", this, end, weight);
    public Tensor lerp(Tensor end, Tensor weight) => Ops.Call("lerp.Tensor", this, end, weight);

    public Tensor neg() => Ops.Call("neg", this);
    public Tensor abs() => Ops.Call("abs", this);
    public Tensor sign() => Ops.Call("sign", this);
    public Tensor sqrt() => Ops.Call("sqrt", this);
    public Tensor rsqrt() => Ops.Call("rsqrt", this);
    public Tensor reciprocal() => Ops.Call("reciprocal", this);
    public Tensor square() => Ops.Call("square", this);
    public Tensor exp() => Ops.Call("exp", this);
    public Tensor expm1() => Ops.Call("expm1", this);
    public Tensor log() => Ops.Call("log", this);
    public Tensor log1p() => Ops.Call("log1p", this);
    public Tensor log2() => Ops.Call("log2", this);
    public Tensor log10() => Ops.Call("log10", this);
    public Tensor tanh() => Ops.Call("tanh", this);
    public Tensor atanh() => Ops.Call("atanh", this);
    public Tensor sin() => Ops.Call("sin", this);
    public Tensor cos() => Ops.Call("cos", this);
    public Tensor tan() => Ops.Call("tan", this);
    public Tensor asin() => Ops.Call("asin", this);
    public Tensor acos() => Ops.Call("acos", this);
    public Tensor atan() => Ops.Call("atan", this);
    public Tensor sinh() => Ops.Call("sinh", this);
    public Tensor cosh() => Ops.Call("cosh", this);
    public Tensor floor() => Ops.Call("floor", this);
    public Tensor ceil() => Ops.Call("ceil", this);
    public Tensor round() => Ops.Call("round", this);
    public Tensor trunc() => Ops.Call("trunc", this);
    public Tensor frac() => Ops.Call("frac", this);
    public Tensor erf() => Ops.Call("erf", this);
    public Tensor erfinv() => Ops.Call("erfinv", this);
    public Tensor isnan() => Ops.Call("isnan", this);
    public Tensor isinf() => Ops.Call("isinf", this);
    public Tensor isfinite() => Ops.Call("isfinite", this);
    public Tensor sigmoid() => Ops.Call("sigmoid", this);
    public Tensor relu() => Ops.Call("relu", this);
    public Tensor silu() => Ops.Call("silu", this);
    public Tensor softplus() => Ops.Call("softplus", this);
    public Tensor leaky_relu(double negative_slope = 0.01) => Ops.Call("leaky_relu", this, negative_slope);
    public Tensor nan_to_num(double? nan = null, double? posinf = null, double? neginf = null) => Ops.Call("nan_to_num", this, nan, posinf, neginf);

    public Tensor pow(Scalar exponent) => Ops.Call("pow.Tensor_Scalar", this, exponent);
    public Tensor pow(Tensor exponent) => Ops.Call("pow.Tensor_Tensor", this, exponent);
    public Tensor atan2(Tensor other) => Ops.Call("atan2", this, other);
    public Tensor clamp(Scalar? min = null, Scalar? max = null) => Ops.Call("clamp", this, min, max);
    public Tensor clamp(Tensor? min, Tensor? max) => Ops.Call("clamp.Tensor", this, min, max);
    public Tensor clamp_min(Scalar min) => Ops.Call("clamp_min", this, min);
    public Tensor clamp_max(Scalar max) => Ops.Call("clamp_max", this, max);
    public Tensor minimum(Tensor other) => Ops.Call("minimum", this, other);
    public Tensor maximum(Tensor other) => Ops.Call("maximum", this, other);

    public Tensor eq(Tensor other) => Ops.Call("eq.Tensor", this, other);
    public Tensor eq(Scalar other) => Ops.Call("eq.Scalar", this, other);
    public Tensor ne(Tensor other) => Ops.Call("ne.Tensor", this, other);
    public Tensor ne(Scalar other) => Ops.Call("ne.Scalar", this, other);
    public Tensor lt(Tensor other) => Ops.Call("lt.Tensor", this, other);
    public Tensor lt(Scalar other) => Ops.Call("lt.Scalar", this, other);
    public Tensor le(Tensor other) => Ops.Call("le.Tensor", this, other);
    public Tensor le(Scalar other) => Ops.Call("le.Scalar", this, other);
    public Tensor gt(Tensor other) => Ops.Call("gt.Tensor", this, other);
    public Tensor gt(Scalar other) => Ops.Call("gt.Scalar", this, other);
    public Tensor ge(Tensor other) => Ops.Call("ge.Tensor", this, other);
    public Tensor ge(Scalar other) => Ops.Call("ge.Scalar", this, other);
    public Tensor logical_and(Tensor other) => Ops.Call("logical_and", this, other);
    public Tensor logical_or(Tensor other) => Ops.Call("logical_or", this, other);
    public Tensor logical_xor(Tensor other) => Ops.Call("logical_xor", this, other);
    public Tensor logical_not() => Ops.Call("logical_not", this);
    public Tensor bitwise_and(Tensor other) => Ops.Call("bitwise_and.Tensor", this, other);
    public Tensor bitwise_and(Scalar other) => Ops.Call("bitwise_and.Scalar", this, other);
    public Tensor bitwise_or(Tensor other) => Ops.Call("bitwise_or.Tensor", this, other);
    public Tensor bitwise_or(Scalar other) => Ops.Call("bitwise_or.Scalar", this, other);
    public Tensor bitwise_xor(Tensor other) => Ops.Call("bitwise_xor.Tensor", this, other);
    public Tensor bitwise_xor(Scalar other) => Ops.Call("bitwise_xor.Scalar", this, other);
    public Tensor bitwise_left_shift(Scalar bits) => Ops.Call("bitwise_left_shift.Tensor_Scalar", this, bits);
    public Tensor bitwise_right_shift(Scalar bits) => Ops.Call("bitwise_right_shift.Tensor_Scalar", this, bits);
}
