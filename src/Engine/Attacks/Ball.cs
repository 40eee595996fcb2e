using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// The points an attack may visit: within a radius of the clean images, cut with [0,1]. Centre: N x C x H x W in [0,1];
/// radius: N x 1 x 1 x 1, so that every sample may have its own.
/// </summary>
public sealed class Ball
{
    private readonly Tensor? _low;
    private readonly Tensor? _high;

    public Ball(Norm norm, Tensor centre, Tensor radius)
    {
        (Norm, Centre, Radius) = (norm, centre, radius);
        if (norm != Norm.Linf) return;
        _low = centre.sub(radius).clamp_min(0);
        _high = centre.add(radius).clamp_max(1);
    }

    public Norm Norm { get; }

    public Tensor Centre { get; }

    public Tensor Radius { get; }

    /// <summary>One radius for all samples.</summary>
    public static Ball Around(Tensor centre, Norm norm, double radius) =>
        new(norm, centre, Ops.full([centre.shape[0], 1, 1, 1], radius, centre.dtype, centre.device));

    /// <summary>The nearest allowed point (for L2: the scaled offset cut to [0,1], as every published attack does).</summary>
    public Tensor Project(Tensor x) => Norm switch
    {
        Norm.Linf => x.maximum(_low!).minimum(_high!),
        Norm.L2 => Projections.L2(x, Centre, Radius),
        _ => Projections.L1(x, Centre, Radius),
    };

    /// <summary>The direction of unit length in which a linear function with gradient g rises most; 0 where g is 0. For L1 see below.</summary>
    /// <param name="g">N x C x H x W.</param>
    /// <param name="x">Where it is taken, for L1; absent: anywhere.</param>
    public Tensor Ascent(Tensor g, Tensor? x = null) => Norm switch
    {
        Norm.Linf => g.sign(),
        Norm.L2 => g.div(Projections.L2Norm(g).add(1e-10)),
        _ => Steepest(x is null ? g : Ops.where(Blocked(g, x), 0.0, g)),
    };

    /// <summary>A first point. The draw "start" is the whole offset, before it is cut to [0,1].</summary>
    public Tensor Begin(Start start, Draws draws)
    {
        if (start == Start.Zero) return Centre.clone();
        var x = Centre + draws.Composed("start", d => Offset(start, d)).to(Centre.dtype);
        return start == Start.Gauss ? x : x.clamp(0, 1);
    }

    /// <summary>The tensors it is made of.</summary>
    internal IEnumerable<Tensor> Parts => _low is null ? [Centre, Radius] : [Centre, Radius, _low, _high!];

    /// <summary>The same ball for some of the samples.</summary>
    public Ball Rows(Tensor index) => new(Norm, Centre.index_select(0, index), Radius.index_select(0, index));

    private long[] Inner => Centre.shape[1..];

    private Tensor Offset(Start start, Draws draws)
    {
        if (start == Start.Gauss) return draws.Normal("gauss", 0.001, Inner);
        if (start == Start.Signs) return draws.Rademacher("signs", Inner) * Radius;
        if (Norm == Norm.Linf)
        {
            var u = draws.Uniform("uniform", -1, 1, Inner);
            return (start == Start.Surface ? u / u.abs().amax([1, 2, 3], true) : u) * Radius;
        }

        var sphere = Direction(draws) * Radius;
        return start == Start.Surface ? sphere : sphere * draws.Uniform("length", 0, 1, 1, 1, 1);
    }

    /// <summary>Uniform on the unit sphere of L2 (a Gaussian, normalised) or L1 (a Laplace vector, normalised).</summary>
    private Tensor Direction(Draws draws)
    {
        if (Norm == Norm.L2)
        {
            var normal = draws.Normal("direction", 1, Inner);
            return normal / Projections.L2Norm(normal);
        }

        var u = draws.Uniform("direction", -1, 1, Inner);
        var laplace = u.sign() * (1 - u.abs()).clamp_min(1e-12).log();
        return laplace / Projections.L1Norm(laplace);
    }

    // Values that would leave the pixel range.
    private static Tensor Blocked(Tensor g, Tensor x) => x.ge(1).logical_and(g.gt(0)).logical_or(x.le(0).logical_and(g.lt(0)));

    /// <summary>
    /// The whole step on the coordinates of largest |g| that can still move towards their sign, 5 % of them, in equal shares
    /// (sparse L1 descent, Tramer and Boneh 2019).
    /// </summary>
    private static Tensor Steepest(Tensor g)
    {
        var flat = g.abs().flatten(1);
        var kept = Math.Max(1, flat.shape[1] / 20);
        var bound = flat.topk(kept).values.narrow(1, kept - 1, 1);
        var chosen = flat.ge(bound).logical_and(flat.gt(0)).to(g.dtype);
        return chosen.div(chosen.sum(1, true).clamp_min(1)).reshape(g.shape).mul(g.sign());
    }
}
