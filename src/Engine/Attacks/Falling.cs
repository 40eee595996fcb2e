using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>Roots of falling piecewise-linear functions, a batch at once.</summary>
internal static class Falling
{
    /// <summary>
    /// Per row the l >= 0 with h(l) = target, where h falls and is linear between the break points of its row; 0 where h(0) is below the
    /// target already. Bisection over the sorted break points, closed form in the last segment.
    /// </summary>
    /// <param name="breaks">N x m, at least one of them 0.</param>
    /// <param name="h">Maps N x 1 levels to N x 1 values.</param>
    /// <param name="target">N x 1.</param>
    public static Tensor Solve(Tensor breaks, Func<Tensor, Tensor> h, Tensor target)
    {
        var sorted = breaks.sort(1).values;
        var m = sorted.shape[1];
        var low = Ops.zeros_like(target, DType.Int64);
        var high = low.add(m - 1);
        // invariant: h(sorted[low]) >= target, h(sorted[high]) <= target
        for (var span = m - 1; span > 1; span = (span + 1) / 2)
        {
            var middle = low.add(high).div(2, "floor");
            var above = h(sorted.gather(1, middle)).ge(target);
            (low, high) = (Ops.where(above, middle, low), Ops.where(above, high, middle));
        }

        var (a, b) = (sorted.gather(1, low), sorted.gather(1, high));
        var (ha, hb) = (h(a), h(b));
        var fall = ha.sub(hb);
        var level = a.add(ha.sub(target).mul(b.sub(a)).div(Ops.where(fall.gt(0), fall, 1.0)));
        return Ops.where(h(Ops.zeros_like(target)).le(target), 0.0, level.maximum(a).minimum(b));
    }
}
