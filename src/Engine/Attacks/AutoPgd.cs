using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>What all forms of Auto-PGD share: targets, restarts, the best and the latest misclassified point.</summary>
/// <param name="steps">Steps of a round.</param>
internal abstract class AutoPgd(int steps) : Attack
{
    /// <summary>Slots of the herd, per sample: point, gradient there; point of the largest loss, gradient and loss there; latest misclassified point, and whether there is one.</summary>
    protected const int X = 0, G = 1, Best = 2, BestG = 3, BestLoss = 4, Adversarial = 5, Hit = 6, Own = 7;

    protected int Steps => steps;

    public override int Rounds => Restarts * Math.Max(1, Targets);

    public override bool Climbs => true;

    public int Restarts { get; init; } = 1;

    /// <summary>Number of target classes; 0: untargeted.</summary>
    public int Targets { get; init; }

    /// <summary>The one class that is aimed at, where it is not searched towards several.</summary>
    public TargetRule Target { get; init; }

    public int Averaged { get; init; } = 1;

    public AttackLoss Loss { get; init; }

    /// <summary>Where a round ended, of the samples that went through all steps.</summary>
    /// <param name="Round">As the attack uses it.</param>
    /// <param name="Best">Point of the largest loss.</param>
    /// <param name="BestLoss">Its loss, n.</param>
    /// <param name="LastAdversarial">The latest point that was misclassified, the clean image where none was.</param>
    /// <param name="Halvings">How often the step was made shorter, n.</param>
    internal sealed record Climb(Found Round, Tensor Best, Tensor BestLoss, Tensor LastAdversarial, Tensor Halvings);

    protected internal override Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round)
    {
        if (Targets == 0 && Target != TargetRule.None) return GradientAttack.Towards(Attacks.Targets.Of(Target, y, targets, logits, draws), y, Loss);
        if (Targets == 0) return new Untargeted(y, GradientAttack.LossOf(Loss, null));
        var ranked = logits.argsort(1, descending: true);
        return new Targeted(y, ranked.select(1, Math.Min(1 + (round % Targets), logits.shape[1] - 1)), Losses.DlrTargeted);
    }

    protected internal override Found Search(Hunt hunt) =>
        Targets > 0 && 1 + (hunt.Round % Targets) >= hunt.CleanLogits().shape[1] ? Found.Nothing(hunt) : Ascend(hunt).Round;

    internal abstract Climb Ascend(Hunt hunt);

    /// <summary>The first values of the common slots.</summary>
    protected static Tensor[] Slots(Hunt hunt, Tensor x)
    {
        var zero = Ops.zeros([x.shape[0]], x.dtype, x.device);
        return [x, x.clone(), x.clone(), x.clone(), zero.clone(), hunt.X.clone(), zero.ne(0)];
    }

    /// <summary>Looks at the first points.</summary>
    protected void Begin(Herd herd, int looks, params int[] lossSlots)
    {
        Tensor done;
        using (var step = Scope.Enter())
        {
            var sight = Evaluate(herd, step, 0, looks, gradient: true);
            done = step.Keep(sight.Reached);
            var loss = sight.Loss.detach();
            foreach (var slot in lossSlots.Prepend(BestLoss)) herd.Put(step, slot, loss.clone());
            herd.Put(step, BestG, herd[G].clone());
            NoteAdversarial(herd, step, sight.Reached);
        }

        herd.Leave(done);
        done.Dispose();
    }

    /// <summary>Looks at the present points, and puts their gradient into its slot.</summary>
    protected Sight Evaluate(Herd herd, Scope step, int number, int looks, bool gradient)
    {
        var sight = default(Sight);
        Tensor? sum = null;
        for (var k = 0; k < Averaged; k++)
        {
            var x = herd[X].detach().requires_grad_(gradient);
            sight = herd.Look(x, number, looks);
            if (!gradient) continue;
            var g = herd.Gradient(sight.Loss, x);
            sum = sum is null ? g : sum + g;
        }

        if (sum is not null) herd.Put(step, G, Averaged == 1 ? sum : sum / Averaged);
        return sight;
    }

    /// <summary>Keeps points that are better than the best so far, and those that are misclassified.</summary>
    protected void Remember(Herd herd, Scope step, Sight sight)
    {
        NoteAdversarial(herd, step, sight.Reached);
        var loss = sight.Loss.detach();
        var better = loss.gt(herd[BestLoss]);
        var wide = better.reshape(-1, 1, 1, 1);
        herd.Put(step, Best, Ops.where(wide, herd[X], herd[Best]));
        herd.Put(step, BestG, Ops.where(wide, herd[G], herd[BestG]));
        herd.Put(step, BestLoss, Ops.where(better, loss, herd[BestLoss]));
    }

    /// <summary>Takes the best points up again where <paramref name="back"/> (bool) says so.</summary>
    protected static void Return(Herd herd, Scope step, Tensor back)
    {
        var wide = back.reshape(-1, 1, 1, 1);
        herd.Put(step, X, Ops.where(wide, herd[Best], herd[X]));
        herd.Put(step, G, Ops.where(wide, herd[BestG], herd[G]));
    }

    protected static Climb End(Herd herd, Tensor halvings)
    {
        var (best, adversarial) = (herd[Best].clone(), herd[Adversarial].clone());
        using (var step = Scope.Enter()) herd.Put(step, X, Ops.where(herd[Hit].reshape(-1, 1, 1, 1), adversarial, best));
        return new Climb(herd.End(), best, herd[BestLoss].clone(), adversarial, halvings.to(DType.Int64));
    }

    // What is aimed ends at the point nearest to its class, not at one of any wrong class.
    private void NoteAdversarial(Herd herd, Scope step, Tensor reached)
    {
        if (Targets == 0 && Target != TargetRule.None) return;
        using var off = NoGrad.Enter();
        herd.Put(step, Adversarial, Ops.where(reached.reshape(-1, 1, 1, 1), herd[X], herd[Adversarial]));
        herd.Put(step, Hit, herd[Hit].logical_or(reached));
    }
}
