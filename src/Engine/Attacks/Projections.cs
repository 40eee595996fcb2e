using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>Projections of batches. Points are N x C x H x W; radii N x 1 x 1 x 1 or scalars broadcast to that.</summary>
public static class Projections
{
    private static readonly long[] Inner = [1, 2, 3];

    /// <summary>Exact projection on the Linf ball around <paramref name="centre"/> cut with [0,1].</summary>
    public static Tensor Linf(Tensor x, Tensor centre, Tensor radius) =>
        x.maximum(centre.sub(radius)).minimum(centre.add(radius)).clamp(0, 1);

    /// <summary>Scales the offset into the L2 ball, then cuts to [0,1]: feasible, not the exact projection on the intersection.</summary>
    public static Tensor L2(Tensor x, Tensor centre, Tensor radius)
    {
        var delta = x.sub(centre);
        return centre.add(delta.mul(Shrink(L2Norm(delta), radius))).clamp(0, 1);
    }

    /// <summary>min(1, radius/norm), 1 where the norm is 0.</summary>
    public static Tensor Shrink(Tensor norm, Tensor radius) => radius.div(norm.clamp_min(1e-30)).clamp_max(1);

    /// <summary>Exact Euclidean projection on the L1 ball around <paramref name="centre"/> cut with [0,1].</summary>
    public static Tensor L1(Tensor x, Tensor centre, Tensor radius)
    {
        var delta = x.sub(centre);
        var room = Ops.where(delta.gt(0), 1 - centre, centre);
        return centre.add(L1Offset(delta, room, radius)).clamp(0, 1);
    }

    /// <summary>
    /// Exact Euclidean projection of offsets on the L1 ball with |d_i| limited to <paramref name="room"/> (null: no limit):
    /// d_i = sign(v_i) min(max(|v_i| - l, 0), room_i), with l such that the sum is the radius.
    /// </summary>
    public static Tensor L1Offset(Tensor v, Tensor? room, Tensor radius)
    {
        var n = v.shape[0];
        var u = v.abs().reshape(n, -1);
        var cap = room?.reshape(n, -1) ?? u;
        // h(l) = sum_i min(max(u_i - l, 0), cap_i) falls piecewise linearly from l = 0.
        var breaks = Ops.cat([u, u.sub(cap).clamp_min(0), Ops.zeros_like(u.narrow(1, 0, 1))], 1);
        Tensor H(Tensor l) => u.sub(l).clamp_min(0).minimum(cap).sum(1, true);
        var target = radius.expand(n, 1, 1, 1).reshape(n, 1);
        var level = Falling.Solve(breaks, H, target);
        return v.sign().mul(u.sub(level).clamp_min(0).minimum(cap).reshape(v.shape));
    }

    /// <summary>Largest absolute value per sample, N.</summary>
    public static Tensor LinfNorm(Tensor d) => d.abs().amax(Inner);

    /// <summary>Euclidean length per sample, N x 1 x 1 x 1.</summary>
    public static Tensor L2Norm(Tensor d) => d.mul(d).sum(Inner, true).sqrt();

    /// <summary>Sum of absolute values per sample, N x 1 x 1 x 1.</summary>
    public static Tensor L1Norm(Tensor d) => d.abs().sum(Inner, true);
}
