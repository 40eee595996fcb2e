using WebLab.Engine.Torch;

namespace WebLab.Engine.Random;

/// <summary>Draws by Philox: a pure function of (seed, name, sample, step).</summary>
internal sealed class PhiloxDraws(Rng rng, string scope, Tensor samples, long step, DType dtype) : Draws(scope, samples, step, dtype)
{
    // A sample index that no data set has: the owner of what a whole batch shares.
    private const long Everyone = 0xFFFFFFFF;

    public override Draws In(string scope) => new PhiloxDraws(rng, Full(scope), Samples, Step, DType);

    public override Draws Select(Tensor rows) => new PhiloxDraws(rng, Scope, Samples.index_select(0, rows), Step, DType);

    public override Draws Shared() => new PhiloxDraws(rng, Scope, Ops.full([1], Everyone, DType.Int64, Samples.device), Step, DType);

    public override Tensor Uniform(string name, double low, double high, params long[] tail)
    {
        using var inner = Torch.Scope.Enter();
        using var nograd = NoGrad.Enter();
        var drawn = DType == DType.Float32
            ? Philox.Fractions(rng.Key(Full(name)), Samples, Step, Product(tail), (float)(high - low), (float)low)
            : Fractions(name, tail).mul_(high - low).add_(low);
        return inner.Keep(drawn.reshape(Shape(tail)));
    }

    public override Tensor Normal(string name, double std, params long[] tail)
    {
        using var inner = Torch.Scope.Enter();
        using var nograd = NoGrad.Enter();
        var count = Product(tail);
        var pairs = (count + 1) / 2;
        var u = Fractions(name, [2, pairs]);
        // 1 - u is in (0, 1], so the logarithm is finite.
        var radius = (1 - u.narrow(1, 0, pairs)).log_().mul_(-2).sqrt_().mul_(std);
        var angle = u.narrow(1, pairs, pairs).mul_(2 * Math.PI);
        var both = Ops.cat([angle.cos().mul_(radius), angle.sin_().mul_(radius)], 1);
        return inner.Keep(both.narrow(1, 0, count).reshape(Shape(tail)));
    }

    public override Tensor Rademacher(string name, params long[] tail)
    {
        using var inner = Torch.Scope.Enter();
        using var nograd = NoGrad.Enter();
        var bit = Words(name, tail).bitwise_right_shift(31);
        return inner.Keep((bit * 2 - 1).to(DType).reshape(Shape(tail)));
    }

    public override Tensor Integers(string name, long low, long high, params long[] tail)
    {
        if (high <= low || high - low > int.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(high), high, $"want low {low} < high <= low + {int.MaxValue}");
        using var inner = Torch.Scope.Enter();
        using var nograd = NoGrad.Enter();
        // floor(word * range / 2^32): off from uniform by at most range / 2^32.
        var scaled = (Words(name, tail) * (high - low)).bitwise_right_shift_(32);
        return inner.Keep(scaled.add_(low).reshape(Shape(tail)));
    }

    public override Tensor Bernoulli(string name, double p, params long[] tail)
    {
        using var inner = Torch.Scope.Enter();
        using var nograd = NoGrad.Enter();
        return inner.Keep(Words(name, tail).lt((long)Math.Round(p * 4294967296.0)).reshape(Shape(tail)));
    }

    public override Tensor Permutation(string name)
    {
        using var inner = Torch.Scope.Enter();
        using var nograd = NoGrad.Enter();
        // 62 bits per sample: equal keys, for which the order would depend on the sort, do not occur in practice.
        var words = Words(name, [2]);
        var keys = words.select(1, 0).bitwise_right_shift(1) * (1L << 31) + words.select(1, 1).bitwise_right_shift(1);
        return inner.Keep(keys.sort_stable(0).indices);
    }

    public override Tensor Composed(string name, Func<Draws, Tensor> make) => make(In(name));

    // N x count int64 in [0, 2^32)
    private Tensor Words(string name, long[] tail) => Philox.Words(rng.Key(Full(name)), Samples, Step, Product(tail));

    // N x count in [0, 1)
    private Tensor Fractions(string name, long[] tail) =>
        Philox.Fractions(rng.Key(Full(name)), Samples, Step, Product(tail)).to(DType);

    private static long Product(long[] tail) => tail.Aggregate(1L, (a, b) => a * b);
}
