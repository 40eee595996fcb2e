using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// The moves of Square for L2 (Andriushchenko et al. 2020, section 3.4) and L1 (Croce and Hein 2021): bumps of unit length are added in one
/// window, and the length that a second window gives up is moved there. Lengths are those of the ball's norm; for L1 points are projected
/// exactly.
/// </summary>
internal static class SquareBumps
{
    /// <summary>First points: tiles of a fifth of the side, each a bump with a random sign per channel, scaled to the radius. n x C x H x W.</summary>
    public static Tensor Begin(Ball ball, Draws draws)
    {
        var x = ball.Centre;
        var (n, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var side = Math.Max(1, Math.Min(height, width) / 5);
        var delta = Ops.zeros_like(x);
        for (var row = (height % side) / 2; row + side <= height; row += side)
        {
            for (var column = (width % side) / 2; column + side <= width; column += side)
            {
                var tile = draws.In($"tile{row}.{column}");
                var corner = Ops.zeros([n], DType.Float64, x.device);
                var bump = Placed(ball, side, corner + row, corner + column, tile.Bernoulli("turned", 0.5));
                delta = delta + (bump * tile.Rademacher("sign", channels, 1, 1).to(x.dtype));
            }
        }

        return Scaled(ball, delta);
    }

    /// <summary>The proposal of one query.</summary>
    public static Tensor Propose(Ball ball, Tensor x, long side, Draws draws)
    {
        var (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3]);
        side = Math.Min(Math.Max(side | 1, 3), Math.Min(height, width));
        Tensor From(string name, long length) => (draws.Uniform(name, 0, 1) * (length - side + 1)).floor();
        var (row, column) = (From("row1", height), From("column1", width));
        var delta = x - ball.Centre;
        var here = Window(x, side, row, column);
        var there = Window(x, side, From("row2", height), From("column2", width));
        var both = here.maximum(there);
        var bump = Placed(ball, side, row, column, draws.Bernoulli("turned", 0.5)) * draws.Rademacher("sign", channels, 1, 1).to(x.dtype);
        Tensor PerChannel(Tensor d) => ball.Norm == Norm.L1 ? d.abs().sum([2, 3], true) : d.square().sum([2, 3], true).sqrt();
        var fresh = bump + (delta * here / PerChannel(delta * here).clamp_min(1e-12));
        // What the radius leaves, in equal parts for the channels, and what the windows give up.
        var length = ball.Norm == Norm.L1
            ? ((ball.Radius - Projections.L1Norm(delta)).clamp_min(0) / channels) + PerChannel(delta * both)
            : (((ball.Radius.square() - Projections.L2Norm(delta).square()).clamp_min(0) / channels) + PerChannel(delta * both).square()).sqrt();
        return Scaled(ball, (delta * (1 - both)) + (fresh / PerChannel(fresh).clamp_min(1e-12) * length));
    }

    /// <summary>Two piles of opposite sign and equal L2 length on a side x side tile, together of unit length.</summary>
    private static double[] Bump(Norm norm, long side)
    {
        var (upper, lower) = (Pile(side / 2, side), Pile(side - (side / 2), side));
        var bump = new double[side * side];
        for (var k = 0L; k < upper.Length; k++) bump[k] = upper[k];
        for (var k = 0L; k < lower.Length; k++) bump[upper.Length + k] = -lower[k];
        var length = norm == Norm.L1 ? bump.Sum(Math.Abs) : Math.Sqrt(bump.Sum(v => v * v));
        return [.. bump.Select(v => v / length)];
    }

    /// <summary>sum over i of 1/(i+1)^2 times the rectangle of half-size i around the centre, of unit length.</summary>
    private static double[] Pile(long rows, long columns)
    {
        var pile = new double[rows * columns];
        for (var i = 0L; i < Math.Max(rows, columns) / 2 + 1; i++)
            for (var r = Math.Max(0, (rows / 2) - i); r <= Math.Min(rows - 1, (rows / 2) + i); r++)
                for (var c = Math.Max(0, (columns / 2) - i); c <= Math.Min(columns - 1, (columns / 2) + i); c++)
                    pile[(r * columns) + c] += 1.0 / ((i + 1) * (i + 1));
        var length = Math.Sqrt(pile.Sum(v => v * v));
        return length == 0 ? pile : [.. pile.Select(v => v / length)];
    }

    /// <summary>The bump of each image on an empty map, n x 1 x H x W; transposed where <paramref name="turned"/>.</summary>
    private static Tensor Placed(Ball ball, long side, Tensor row, Tensor column, Tensor turned)
    {
        var like = ball.Centre;
        var (r, c) = (Offset(like.shape[2], row).unsqueeze(2), Offset(like.shape[3], column).unsqueeze(1));
        var inside = r.ge(0).logical_and(r.lt(side)).logical_and(c.ge(0)).logical_and(c.lt(side));
        var place = Ops.where(turned.reshape(-1, 1, 1), (c * side) + r, (r * side) + c);
        var table = Tensor.From((double[])[.. Bump(ball.Norm, side), 0], (side * side) + 1).to(like.device, like.dtype);
        var index = Ops.where(inside, place, (double)(side * side)).to(DType.Int64);
        return table.index_select(0, index.flatten()).reshape(-1, 1, like.shape[2], like.shape[3]);
    }

    private static Tensor Window(Tensor like, long side, Tensor row, Tensor column)
    {
        var (r, c) = (Offset(like.shape[2], row).unsqueeze(2), Offset(like.shape[3], column).unsqueeze(1));
        return r.ge(0).logical_and(r.lt(side)).logical_and(c.ge(0)).logical_and(c.lt(side)).unsqueeze(1).to(like.dtype);
    }

    // n x length: place minus where the window starts
    private static Tensor Offset(long length, Tensor from) =>
        Ops.arange(length, DType.Int64, from.device).to(DType.Float64).unsqueeze(0) - from.to(DType.Float64).unsqueeze(1);

    private static Tensor Scaled(Ball ball, Tensor delta)
    {
        var length = ball.Norm == Norm.L1 ? Projections.L1Norm(delta) : Projections.L2Norm(delta);
        var x = ball.Centre + (delta / length.clamp_min(1e-12) * ball.Radius);
        return ball.Norm == Norm.L1 ? ball.Project(x) : x.clamp(0, 1);
    }
}
