using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// Auto-PGD: ascent with momentum whose step is halved, and the best point taken up again, where progress stalls. As in the authors'
/// code, the second stop rule is off at the first check, the first loss is there compared with 0, and the momentum's origin is not
/// reset by a jump back.
/// </summary>
internal sealed class Apgd(Norm norm, double radius, int steps, double rho) : Attack
{
    // Slots of the herd, per sample: points, gradients at points, losses, and the state of the step rule.
    private const int X = 0, Before = 1, G = 2, Best = 3, BestG = 4, BestLoss = 5, LastLoss = 6, Rises = 7, Eta = 8, Reduced = 9,
        BestAtCheck = 10, Adversarial = 11, Hit = 12, Halvings = 13;

    public override int Rounds => Restarts * Math.Max(1, Targets);

    public override bool Climbs => true;

    public int Restarts { get; init; } = 1;

    /// <summary>Number of target classes; 0: untargeted.</summary>
    public int Targets { get; init; }

    public int Averaged { get; init; } = 1;

    public AttackLoss Loss { get; init; }

    /// <summary>Where a round ended, of the samples that went through all steps.</summary>
    /// <param name="Round">As the attack uses it.</param>
    /// <param name="Best">Point of the largest loss.</param>
    /// <param name="BestLoss">Its loss, n.</param>
    /// <param name="LastAdversarial">The latest point that was misclassified, the clean image where none was.</param>
    /// <param name="Halvings">How often the step was halved, n.</param>
    internal sealed record Climb(Found Round, Tensor Best, Tensor BestLoss, Tensor LastAdversarial, Tensor Halvings);

    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round)
    {
        if (Targets == 0) return new Untargeted(y, GradientAttack.LossOf(Loss, null));
        var ranked = logits.argsort(1, descending: true);
        return new Targeted(y, ranked.select(1, Math.Min(1 + (round % Targets), logits.shape[1] - 1)), Losses.DlrTargeted);
    }

    protected internal override Found Search(Hunt hunt) =>
        Targets > 0 && 1 + (hunt.Round % Targets) >= hunt.CleanLogits().shape[1] ? Found.Nothing(hunt) : Ascend(hunt).Round;

    internal Climb Ascend(Hunt hunt)
    {
        var ball = Ball.Around(hunt.X, norm, radius);
        var x = ball.Begin(Start.Surface, hunt.Draws);
        var zero = Ops.zeros([hunt.X.shape[0]], hunt.X.dtype, hunt.X.device);
        var herd = new Herd(hunt, ball, x, x.clone(), x.clone(), x.clone(), x.clone(), zero.clone(), zero.clone(), zero.clone(),
            zero + (2 * radius), zero + 1, zero.clone(), hunt.X.clone(), zero.ne(0), zero.clone());
        Begin(herd, hunt);
        var (window, since) = (Math.Max((int)(0.22 * steps), 1), 0);
        for (var i = 0; i < steps && herd.Count > 0; i++)
        {
            Tensor done;
            using (var step = Scope.Enter())
            {
                Move(herd, step, i == 0 ? 1 : 0.75);
                var sight = Evaluate(herd, hunt, step, i + 1, gradient: i + 1 < steps);
                done = step.Keep(sight.Reached);
                using var off = NoGrad.Enter();
                Remember(herd, step, sight);
                if (++since == window)
                {
                    Check(herd, step, window);
                    (window, since) = (Math.Max(window - Math.Max((int)(0.03 * steps), 1), Math.Max((int)(0.06 * steps), 1)), 0);
                }
            }

            herd.Leave(done);
            done.Dispose();
        }

        return End(herd);
    }

    private void Begin(Herd herd, Hunt hunt)
    {
        Tensor done;
        using (var step = Scope.Enter())
        {
            var sight = Evaluate(herd, hunt, step, 0, gradient: true);
            done = step.Keep(sight.Reached);
            var loss = sight.Loss.detach();
            foreach (var slot in new[] { BestLoss, BestAtCheck }) herd.Put(step, slot, loss.clone());
            herd.Put(step, BestG, herd[G].clone());
            NoteAdversarial(herd, step, sight.Reached);
        }

        herd.Leave(done);
    }

    /// <summary>Looks at the present points, and puts their gradient into its slot.</summary>
    private Sight Evaluate(Herd herd, Hunt hunt, Scope step, int number, bool gradient)
    {
        var sight = default(Sight);
        Tensor? sum = null;
        for (var k = 0; k < Averaged; k++)
        {
            var x = herd[X].detach().requires_grad_(gradient);
            sight = herd.Look(x, number, steps + 1);
            if (!gradient) continue;
            var g = herd.Gradient(sight.Loss, x);
            sum = sum is null ? g : sum + g;
        }

        if (sum is not null) herd.Put(step, G, Averaged == 1 ? sum : sum / Averaged);
        return sight;
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

    private static void Remember(Herd herd, Scope step, Sight sight)
    {
        NoteAdversarial(herd, step, sight.Reached);
        var loss = sight.Loss.detach();
        herd.Put(step, Rises, herd[Rises] + loss.gt(herd[LastLoss]).to(loss.dtype));
        herd.Put(step, LastLoss, loss.clone());
        var better = loss.gt(herd[BestLoss]);
        var wide = better.reshape(-1, 1, 1, 1);
        herd.Put(step, Best, Ops.where(wide, herd[X], herd[Best]));
        herd.Put(step, BestG, Ops.where(wide, herd[G], herd[BestG]));
        herd.Put(step, BestLoss, Ops.where(better, loss, herd[BestLoss]));
    }

    private static void NoteAdversarial(Herd herd, Scope step, Tensor reached)
    {
        using var off = NoGrad.Enter();
        herd.Put(step, Adversarial, Ops.where(reached.reshape(-1, 1, 1, 1), herd[X], herd[Adversarial]));
        herd.Put(step, Hit, herd[Hit].logical_or(reached));
    }

    private void Check(Herd herd, Scope step, int window)
    {
        var oscillates = herd[Rises].le(rho * window);
        var stuck = herd[Reduced].eq(0).logical_and(herd[BestAtCheck].ge(herd[BestLoss]));
        var reduce = oscillates.logical_or(stuck);
        var wide = reduce.reshape(-1, 1, 1, 1);
        herd.Put(step, Eta, Ops.where(reduce, herd[Eta] / 2, herd[Eta]));
        herd.Put(step, Halvings, herd[Halvings] + reduce.to(herd[Halvings].dtype));
        herd.Put(step, X, Ops.where(wide, herd[Best], herd[X]));
        herd.Put(step, G, Ops.where(wide, herd[BestG], herd[G]));
        herd.Put(step, Reduced, reduce.to(herd[Reduced].dtype));
        herd.Put(step, BestAtCheck, herd[BestLoss].clone());
        herd.Put(step, Rises, Ops.zeros_like(herd[Rises]));
    }

    private static Climb End(Herd herd)
    {
        var (best, adversarial) = (herd[Best].clone(), herd[Adversarial].clone());
        using (var step = Scope.Enter()) herd.Put(step, X, Ops.where(herd[Hit].reshape(-1, 1, 1, 1), adversarial, best));
        return new Climb(herd.End(), best, herd[BestLoss].clone(), adversarial, herd[Halvings].to(DType.Int64));
    }
}
