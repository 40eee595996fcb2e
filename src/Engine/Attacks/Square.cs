using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// Random search over squares of changed pixels, by scores alone (Andriushchenko et al. 2020). Each image has its own windows and
/// signs.
/// </summary>
[Kind("square", "Square", "Black-box random search over squares, without a gradient: finds what gradient attacks miss when gradients are masked.",
    Group = "Black box", Source = "Andriushchenko et al. 2020", Link = "https://arxiv.org/abs/1912.00049")]
public sealed record SquareOptions : BudgetedOptions
{
    [Description("How the radius is measured.")]
    public Norm Norm { get; init; } = Norm.Linf;

    [Range(1, 100_000), Unit("queries"), Description("Forward passes per image.")]
    public int Queries { get; init; } = 5000;

    [Range(0.001, 1.0), Description("Share of pixels in the first squares.")]
    public double PInit { get; init; } = 0.8;

    [Range(1, 1000), Description("Searches from different starts.")]
    public int Restarts { get; init; } = 1;

    [Advanced, Description("Stretch the schedule of sizes, made for 10,000 queries, to the queries at hand; AutoAttack does not.")]
    public bool RescaleSchedule { get; init; }

    protected override Norm Measure => Norm;

    public override Effort Effort() => new(Look: Queries * Restarts);

    public override Attack Build() => new Square(this) { StopAtSuccess = StopAtSuccess };
}

internal sealed class Square(SquareOptions options) : Attack
{
    /// <summary>Queries whose windows and signs are drawn at once: a draw costs the same for one number as for a hundred.</summary>
    internal const int Ahead = 100;

    private static readonly int[] halvings = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

    public override int Rounds => options.Restarts;

    /// <summary>Side of the window at a query (1, 2, ...) on images of the given height and width.</summary>
    internal static long Side(SquareOptions options, int query, long height, long width)
    {
        var i = options.RescaleSchedule ? (int)((double)query / options.Queries * 10_000) : query;
        var p = options.PInit / Math.Pow(2, halvings.Count(h => i > h));
        var side = (long)Math.Round(Math.Sqrt(p * height * width), MidpointRounding.ToEven);
        return Math.Clamp(side, 1, Math.Min(height, width));
    }

    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round) => new Untargeted(y, Losses.Margin);

    protected internal override Found Search(Hunt hunt)
    {
        using var off = NoGrad.Enter();
        var (eps, shape) = (options.Eps.Value, hunt.X.shape);
        var ball = Ball.Around(hunt.X, options.Norm, eps);
        var start = options.Norm != Norm.Linf
            ? SquareBumps.Begin(ball, hunt.Draws)
            : ball.Project(hunt.X + (hunt.Draws.Rademacher("stripes", shape[1], 1, shape[3]).to(hunt.X.dtype) * eps));
        var herd = new Herd(hunt with { Stop = true }, ball, start, Ops.zeros_like(hunt.X.select(1, 0).amax([1, 2])));
        Moves? moves = null;
        for (var query = 0; query < options.Queries && herd.Count > 0; query++)
        {
            if (options.Norm == Norm.Linf && (moves is null || query % Ahead == 0)) moves = Moves.Draw(hunt.Draws, query / Ahead, shape[1], moves);
            Tensor done;
            using (var step = Scope.Enter())
            {
                var proposal = query == 0 ? herd[0] : Propose(herd, hunt.Draws, moves, query, Side(options, query, shape[2], shape[3]));
                var sight = herd.Look(proposal, query, options.Queries);
                var accept = query == 0 ? Ops.ones_like(sight.Reached) : sight.Reached.logical_or(sight.Loss.gt(herd[1]));
                herd.Put(step, 1, Ops.where(accept, sight.Loss, herd[1]));
                if (query > 0) herd.Put(step, 0, Ops.where(accept.reshape(-1, 1, 1, 1), proposal, herd[0]));
                done = step.Keep(sight.Loss.ge(0).logical_and(accept).logical_or(sight.Reached));
            }

            herd.Leave(done);
            done.Dispose();
        }

        return herd.End();
    }

    private Tensor Propose(Herd herd, Draws draws, Moves? moves, int query, long side)
    {
        if (moves is null) return SquareBumps.Propose(herd.Ball, herd[0], side, draws.In($"query{query}").Select(herd.Rows));
        var (window, sign) = moves.Of(query, herd.Rows);
        var (height, width) = (herd[0].shape[2], herd[0].shape[3]);
        var rows = Inside(window.select(1, 0), height, side).reshape(-1, 1, height, 1);
        var columns = Inside(window.select(1, 1), width, side).reshape(-1, 1, 1, width);
        return herd.Ball.Project(herd[0].addcmul((sign * rows).to(herd[0].dtype), columns.to(herd[0].dtype), 2 * options.Eps.Value));
    }

    /// <summary>n x length: 1 on <paramref name="side"/> places from floor(u (length - side + 1)), else 0.</summary>
    private static Tensor Inside(Tensor u, long length, long side)
    {
        var behind = Ops.arange(length, DType.Int64, u.device).unsqueeze(0) - (u * (length - side + 1)).floor().unsqueeze(1);
        return behind.ge(0).logical_and(behind.lt(side)).to(u.dtype);
    }

    /// <summary>The chance of the next queries, for all samples of the round.</summary>
    /// <param name="Window">Where the windows lie, n x queries x 2 in [0,1).</param>
    /// <param name="Sign">n x queries x C x 1 x 1.</param>
    private sealed record Moves(Tensor Window, Tensor Sign)
    {
        public static Moves Draw(Draws draws, int block, long channels, Moves? spent)
        {
            var own = draws.In($"queries{block}");
            using var scope = Scope.Enter();
            var moves = new Moves(own.Uniform("window", 0, 1, Ahead, 2), own.Rademacher("sign", Ahead, channels, 1, 1));
            scope.Keep(moves.Window, moves.Sign);
            spent?.Window.Dispose();
            spent?.Sign.Dispose();
            return moves;
        }

        public (Tensor Window, Tensor Sign) Of(int query, Tensor rows) =>
            (Window.select(1, query % Ahead).index_select(0, rows), Sign.select(1, query % Ahead).index_select(0, rows));
    }
}
