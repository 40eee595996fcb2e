using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// Auto-PGD for Linf and L2: ascent with momentum whose step is halved, and the best point taken up again, where progress stalls. As in
/// the authors' code, the second stop rule is off at the first check, the first loss is there compared with 0, and the momentum's origin
/// is not reset by a jump back.
/// </summary>
internal sealed class Apgd(Norm norm, double radius, int steps, double rho) : AutoPgd(steps)
{
    // The state of the step rule.
    private const int Before = Own, LastLoss = Own + 1, Rises = Own + 2, Eta = Own + 3, Reduced = Own + 4, BestAtCheck = Own + 5, Halvings = Own + 6;

    internal override Climb Ascend(Hunt hunt)
    {
        var ball = Ball.Around(hunt.X, norm, radius);
        var x = ball.Begin(Start.Surface, hunt.Draws);
        var zero = Ops.zeros([hunt.X.shape[0]], hunt.X.dtype, hunt.X.device);
        var herd = new Herd(hunt, ball, [.. Slots(hunt, x), x.clone(), zero.clone(), zero.clone(), zero + (2 * radius), zero + 1, zero.clone(), zero.clone()]);
        Begin(herd, Steps + 1, BestAtCheck);
        var (window, since) = (Math.Max((int)(0.22 * Steps), 1), 0);
        for (var i = 0; i < Steps && herd.Count > 0; i++)
        {
            Tensor done;
            using (var step = Scope.Enter())
            {
                Move(herd, step, i == 0 ? 1 : 0.75);
                var sight = Evaluate(herd, step, i + 1, Steps + 1, gradient: i + 1 < Steps);
                done = step.Keep(sight.Reached);
                using var off = NoGrad.Enter();
                Remember(herd, step, sight);
                var loss = sight.Loss.detach();
                herd.Put(step, Rises, herd[Rises] + loss.gt(herd[LastLoss]).to(loss.dtype));
                herd.Put(step, LastLoss, loss.clone());
                if (++since == window)
                {
                    Check(herd, step, window);
                    (window, since) = (Math.Max(window - Math.Max((int)(0.03 * Steps), 1), Math.Max((int)(0.06 * Steps), 1)), 0);
                }
            }

            herd.Leave(done);
            done.Dispose();
        }

        return End(herd, herd[Halvings]);
    }

    private static void Move(Herd herd, Scope step, double a)
    {
        using var off = NoGrad.Enter();
        var (x, before) = (herd[X], herd[Before]);
        var u = herd.Ball.Project(x + (herd.Ball.Ascent(herd[G]) * herd[Eta].reshape(-1, 1, 1, 1)));
        var next = a == 1 ? herd.Ball.Project(u) : herd.Ball.Project(x + ((u - x) * a) + ((x - before) * (1 - a)));
        herd.Put(step, Before, x.clone());
        herd.Put(step, X, next);
    }

    private void Check(Herd herd, Scope step, int window)
    {
        var oscillates = herd[Rises].le(rho * window);
        var stuck = herd[Reduced].eq(0).logical_and(herd[BestAtCheck].ge(herd[BestLoss]));
        var reduce = oscillates.logical_or(stuck);
        herd.Put(step, Eta, Ops.where(reduce, herd[Eta] / 2, herd[Eta]));
        herd.Put(step, Halvings, herd[Halvings] + reduce.to(herd[Halvings].dtype));
        Return(herd, step, reduce);
        herd.Put(step, Reduced, reduce.to(herd[Reduced].dtype));
        herd.Put(step, BestAtCheck, herd[BestLoss].clone());
        herd.Put(step, Rises, Ops.zeros_like(herd[Rises]));
    }
}
