using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// Linf PGD in which every sample has its own radius, number of steps and step length. The start is within one common radius; a sample's
/// own radius holds from its first step on (Jia et al. 2022).
/// </summary>
/// <param name="radii">N.</param>
/// <param name="steps">N int64, at least 1.</param>
/// <param name="sizes">Step lengths, N.</param>
/// <param name="start">Where the search begins.</param>
/// <param name="startRadius">Radius of the start.</param>
internal sealed class StrategyPgd(Tensor radii, Tensor steps, Tensor sizes, Start start, double startRadius) : Attack
{
    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round) => new Untargeted(y, Losses.CrossEntropy);

    protected internal override Found Search(Hunt hunt)
    {
        hunt = hunt with { Stop = true };
        Tensor Own(Tensor all) => all.index_select(0, hunt.Rows);
        var ball = new Ball(Norm.Linf, hunt.X, Own(radii).to(hunt.X.dtype).reshape(-1, 1, 1, 1));
        var first = Ball.Around(hunt.X, Norm.Linf, startRadius).Begin(start, hunt.Draws);
        var herd = new Herd(hunt, ball, first, Own(steps), Own(sizes).to(hunt.X.dtype).reshape(-1, 1, 1, 1));
        var longest = (int)steps.max().item<long>();
        for (var k = 0; k < longest && herd.Count > 0; k++)
        {
            Tensor done;
            using (var step = Scope.Enter())
            {
                var x = herd[0].detach().requires_grad_();
                var g = herd.Gradient(herd.Look(x, k, longest).Loss, x);
                using var off = NoGrad.Enter();
                herd.Put(step, 0, herd.Ball.Project(herd[0] + (g.sign() * herd[2])));
                herd.Put(step, 1, herd[1] - 1);
                done = step.Keep(herd[1].le(0));
            }

            herd.Leave(done);
            done.Dispose();
        }

        return herd.End();
    }
}
