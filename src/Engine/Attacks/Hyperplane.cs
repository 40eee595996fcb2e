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
        var reachable = (size * room).sum(1, true).gt(c);
        var wanted = Ops.where(reachable, c, 0.0);
        var length = norm switch
        {
            Norm.Linf => room.minimum(Level(room, null, size, wanted)),
            Norm.L2 => room.minimum(size * Level(room, size, size, wanted)),
            _ => Fill(room, size, wanted),
        };
        return -w.sign() * Ops.where(reachable, length, room);
    }

    /// <summary>
    /// Per row the l >= 0 with sum size min(room, rate l) = c. The sum rises with l, ever more slowly, and is linear between its breaks:
    /// Newton's steps from 0 come from below and end on the root itself, after a few, without sorting the breaks.
    /// </summary>
    /// <param name="room">N x m.</param>
    /// <param name="rate">N x m; absent: 1.</param>
    /// <param name="size">N x m.</param>
    /// <param name="c">N x 1.</param>
    private static Tensor Level(Tensor room, Tensor? rate, Tensor size, Tensor c)
    {
        const int most = 100;
        var (level, gain) = (Ops.zeros_like(c), rate is null ? size : size * rate);
        for (var k = 0; k < most; k++)
        {
            var reach = rate is null ? level : rate * level;
            var missing = c - (size * room.minimum(reach)).sum(1, true);
            var slope = Ops.where(room.gt(reach), gain, 0.0).sum(1, true);
            var fresh = level.maximum(level + (missing / Ops.where(slope.gt(0), slope, double.PositiveInfinity)));
            if (!fresh.gt(level).any().item<bool>()) break;
            level = fresh;
        }

        return level;
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
