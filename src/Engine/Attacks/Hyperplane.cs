using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>The least displacement onto a hyperplane inside the box, a batch at once (Croce and Hein 2020, section 3.1).</summary>
internal static class Hyperplane
{
    /// <summary>
    /// argmin |d|_p with w . (u + d) = b and 0 &lt;= u + d &lt;= 1; where no such d exists, the corner of the box nearest to it.
    /// </summary>
    /// <param name="norm">The norm of d.</param>
    /// <param name="u">Points in [0,1], N x m.</param>
    /// <param name="w">N x m.</param>
    /// <param name="b">N x 1.</param>
    public static Tensor Displacement(Norm norm, Tensor u, Tensor w, Tensor b)
    {
        var gap = (w * u).sum(1, true) - b;
        var flip = gap.lt(0);
        (w, var c) = (Ops.where(flip, -w, w), gap.abs());
        var size = w.abs();
        // Weights that are nearly nothing would ask for a step without end.
        size = Ops.where(size.lt(1e-8), 0.0, size);
        var room = Ops.where(size.eq(0), 0.0, Ops.where(w.gt(0), u, 1 - u));
        var length = norm switch
        {
            Norm.Linf => Level(room, size, l => room.minimum(l), c),
            Norm.L2 => Level(room / size.clamp_min(1e-30), size, l => (size * l).minimum(room), c),
            _ => Fill(room, size, c),
        };
        var reachable = (size * room).sum(1, true).gt(c);
        return -w.sign() * Ops.where(reachable, length, room);
    }

    /// <summary>The lengths at the level l where the gap is closed.</summary>
    private static Tensor Level(Tensor breaks, Tensor size, Func<Tensor, Tensor> lengths, Tensor c)
    {
        var all = Ops.cat([breaks, Ops.zeros_like(c)], 1);
        return lengths(Falling.Solve(all, l => -(size * lengths(l)).sum(1, true), -c));
    }

    /// <summary>L1: coordinates of the largest weights move all the way, one moves in part.</summary>
    private static Tensor Fill(Tensor room, Tensor size, Tensor c)
    {
        var (sorted, order) = size.sort_stable(1, descending: true);
        var available = room.gather(1, order);
        var worth = sorted * available;
        var left = c - (worth.cumsum(1) - worth);
        var moved = (left / sorted.clamp_min(1e-30)).clamp_min(0).minimum(available);
        return Ops.zeros_like(moved).scatter(1, order, moved);
    }
}
