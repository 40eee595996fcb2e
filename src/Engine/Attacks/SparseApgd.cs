using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// Auto-PGD for L1 (Croce and Hein 2021, "Mind the box"): sign steps on the values of largest gradient, projected exactly on the ball cut
/// with the box, without momentum. How many values move follows how sparse the best point is; where it stops becoming sparser the step
/// grows shorter, where it became sparser the best point is taken up again at full step. The search begins in a ball of three times the
/// radius, goes on in one of twice and ends in the ball itself; only what is found there counts.
/// </summary>
/// <param name="radius">Of the ball.</param>
/// <param name="steps">In all three balls together.</param>
/// <param name="fixedRadius">Keep to the ball itself from the start.</param>
internal sealed class SparseApgd(double radius, int steps, bool fixedRadius) : AutoPgd(steps)
{
    // Length of the step; share of the values that move; number of changed values of the best point at the last check; shortened steps.
    private const int Eta = Own, Share = Own + 1, Changed = Own + 2, Shorter = Own + 3;

    /// <summary>Radius and steps of each ball.</summary>
    internal IReadOnlyList<(double Radius, int Steps)> Stages()
    {
        if (fixedRadius) return [(radius, Steps)];
        var third = (int)Math.Ceiling(0.3 * Steps);
        return [(3 * radius, third), (2 * radius, Math.Min(third, Steps - third)), (radius, Math.Max(0, Steps - (2 * third)))];
    }

    internal override Climb Ascend(Hunt hunt)
    {
        var x = hunt.X + hunt.Draws.Composed("start", d => d.Normal("gauss", 1, hunt.X.shape[1..])).to(hunt.X.dtype);
        var (stages, before) = (Stages(), default(Found));
        for (var k = 0; ; k++)
        {
            var last = k == stages.Count - 1;
            var climb = Stage(last ? hunt : hunt with { Stop = false }, stages[k].Radius, stages[k].Steps, x);
            // A point outside the ball itself breaks nothing.
            var round = last ? climb.Round : climb.Round with { First = Ops.full_like(climb.Round.First, -1) };
            before = before is null ? round : before.Plus(round);
            if (last) return climb with { Round = before };
            x = climb.Best;
        }
    }

    private Climb Stage(Hunt hunt, double radius, int steps, Tensor start)
    {
        var ball = Ball.Around(hunt.X, Norm.L1, radius);
        var x = ball.Project(start);
        var (n, zero) = ((double)x[0].numel(), Ops.zeros([x.shape[0]], x.dtype, x.device));
        var changed = fixedRadius ? zero + n : Count(x - hunt.X);
        var herd = new Herd(hunt, ball, [.. Slots(hunt, x), zero + radius, fixedRadius ? zero + 0.2 : changed / n / 1.5, changed, zero.clone()]);
        Begin(herd, steps + 1);
        var (window, since) = (Math.Max((int)(0.04 * steps), 1), 0);
        for (var i = 0; i < steps && herd.Count > 0; i++)
        {
            Tensor done;
            using (var step = Scope.Enter())
            {
                Move(herd, step);
                var sight = Evaluate(herd, step, i + 1, steps + 1, gradient: i + 1 < steps);
                done = step.Keep(sight.Reached);
                using var off = NoGrad.Enter();
                Remember(herd, step, sight);
                if (++since == window)
                {
                    Check(herd, step, radius, n);
                    since = 0;
                }
            }

            herd.Leave(done);
            done.Dispose();
        }

        return End(herd, herd[Shorter]);
    }

    private static void Move(Herd herd, Scope step)
    {
        using var off = NoGrad.Enter();
        var size = herd[G].abs().flatten(1);
        var n = size.shape[1];
        var from = ((1 - herd[Share]) * n).clamp(0, n - 1).to(DType.Int64).unsqueeze(1);
        var moved = size.ge(size.sort(1).values.gather(1, from)).to(size.dtype).reshape(herd[G].shape) * herd[G].sign();
        var way = moved / (Projections.L1Norm(moved) + 1e-10) * herd[Eta].reshape(-1, 1, 1, 1);
        herd.Put(step, X, herd.Ball.Project(herd[X] + way));
    }

    private static void Check(Herd herd, Scope step, double radius, double n)
    {
        var changed = Count(herd[Best] - herd.Ball.Centre);
        var sparser = (changed / herd[Changed]).lt(0.95);
        herd.Put(step, Eta, Ops.where(sparser, radius, herd[Eta] / 1.5).clamp(radius / 10, radius));
        herd.Put(step, Shorter, herd[Shorter] + sparser.logical_not().to(herd[Shorter].dtype));
        herd.Put(step, Share, changed / n / 1.5);
        herd.Put(step, Changed, changed);
        Return(herd, step, sparser);
    }

    // How many values differ, n.
    private static Tensor Count(Tensor delta) => delta.ne(0).to(delta.dtype).sum([1, 2, 3]);
}
