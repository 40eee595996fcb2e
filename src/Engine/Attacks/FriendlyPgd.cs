using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// PGD that lets a sample go soon after it is misclassified, so that it is only just wrong (Zhang et al. 2020, algorithm 1; code of FAT).
/// Each look precedes the move; after the last move nothing is checked. The backward passes that it reports are the moves.
/// </summary>
/// <param name="options">Norm, radius, step, number of steps and start.</param>
/// <param name="tau">Moves that a sample still makes after it is first seen misclassified.</param>
/// <param name="omega">Standard deviation of the noise added to each move.</param>
internal sealed class FriendlyPgd(PgdOptions options, int tau, double omega) : Attack
{
    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round) => new Untargeted(y, Losses.CrossEntropy);

    protected internal override Found Search(Hunt hunt)
    {
        hunt = hunt with { Stop = true };
        var ball = Ball.Around(hunt.X, options.Norm, options.Eps.Value);
        var herd = new Herd(hunt, ball, ball.Begin(options.Start, hunt.Draws).clamp(0, 1), Ops.full_like(hunt.Rows, tau));
        var moves = Ops.zeros_like(hunt.Rows);
        for (var k = 0; k < options.Steps && herd.Count > 0; k++)
        {
            Tensor done;
            using (var step = Scope.Enter())
            {
                var x = herd[0].detach().requires_grad_();
                var sight = herd.Look(x, k, options.Steps);
                var g = herd.Gradient(sight.Loss, x);
                using var off = NoGrad.Enter();
                done = step.Keep(sight.Reached.logical_and(herd[1].eq(0)));
                herd.Put(step, 1, herd[1] - sight.Reached.to(DType.Int64));
                moves.index_copy_(0, herd.Rows, moves.index_select(0, herd.Rows) + done.logical_not().to(DType.Int64));
                var moved = herd[0] + (herd.Ball.Ascent(g, herd[0]) * options.StepSize.Value);
                if (omega > 0) moved += hunt.Draws.In($"step{k}").Normal("omega", 1, hunt.X.shape[1..]).to(x.dtype).index_select(0, herd.Rows) * omega;
                herd.Put(step, 0, Ops.where(done.reshape(-1, 1, 1, 1), herd[0], herd.Ball.Project(moved)));
            }

            herd.Leave(done);
            done.Dispose();
        }

        return herd.End() with { Backwards = moves };
    }
}
