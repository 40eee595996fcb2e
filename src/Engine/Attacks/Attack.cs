using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// A search for images near given ones that a network misreads: immutable, in pixel space, each sample on its own. A result depends on the
/// sample, its label, the weights and its draws, never on the batch around it (up to rounding of kernels that differ between batch shapes).
/// </summary>
public abstract class Attack
{
    /// <summary>How many searches follow each other: restarts times targets.</summary>
    public virtual int Rounds => 1;

    /// <summary>The search follows gradients of its goal, so that a network with several fronts is attacked from all of them.</summary>
    public virtual bool Climbs => false;

    /// <summary>Leave a sample out of the search after its first success, and go on with the others as a smaller dense batch.</summary>
    public bool StopAtSuccess { get; init; } = true;

    /// <summary>
    /// Attacks the samples that are classified correctly and reports the outcome of each. Parameters, buffers and <paramref name="x"/> stay
    /// as they are; samples that are misclassified already come back unchanged, without a pass spent.
    /// </summary>
    /// <param name="victim">The network.</param>
    /// <param name="x">N x C x H x W float in [0,1].</param>
    /// <param name="y">True labels, N int64.</param>
    /// <param name="draws">Chance, keyed by the samples of this batch.</param>
    /// <param name="targets">Labels to aim at (N int64), for attacks that are given them.</param>
    /// <param name="observer">Sees every step and may stop the attack.</param>
    /// <param name="clean">Logits of the images (N x K), where they are known already.</param>
    /// <exception cref="ArgumentException">Wrong shapes, or pixels outside [0,1].</exception>
    public Outcome Run(Victim victim, Tensor x, Tensor y, Draws draws, Tensor? targets = null, IStepObserver? observer = null, Tensor? clean = null)
    {
        using var scope = Scope.Enter();
        using var graph = WithGrad.Enter();
        Demand(x, y, targets);
        var fronts = Climbs ? victim.Fronts : [victim.Fronts[0]];
        var turns = Rounds * fronts.Count;
        var ledger = new Ledger(x, y, clean ?? Look(victim, x), turns);
        for (var turn = 0; turn < turns; turn++)
        {
            using var inner = Scope.Enter();
            var rows = (StopAtSuccess ? ledger.Unbroken : ledger.Correct).nonzero().squeeze(1);
            if (rows.shape[0] == 0) break;
            var (front, round) = (fronts[turn / Rounds], turn % Rounds);
            var hunt = Prepare(front, ledger, rows, draws.Select(rows), targets?.index_select(0, rows), round) with { Observer = observer, Offset = turn - round };
            ledger.Enter(hunt, Search(hunt), turns > 1, this);
        }

        var outcome = ledger.Close(Look(victim, ledger.X), Prepare(fronts[0], ledger, null, draws, targets, 0).Goal);
        scope.Keep([.. outcome.All]);
        return outcome;
    }

    /// <summary>
    /// Crafts training images: every sample is attacked for all steps of one round towards a goal that the method names, and nothing is
    /// checked afterwards.
    /// </summary>
    public Found Craft(Victim victim, Tensor x, Goal goal, Draws draws, IStepObserver? observer = null)
    {
        using var scope = Scope.Enter();
        using var graph = WithGrad.Enter();
        var rows = Ops.arange(x.shape[0], DType.Int64, x.device);
        var found = Search(new Hunt(victim, x.detach(), goal, draws.In("round0"), rows, 0) { Observer = observer });
        scope.Keep(found.X, found.Forwards, found.Backwards, found.First, found.Error);
        return found;
    }

    /// <summary>What the attack maximises in a round, for labels y (N int64) and clean logits N x K.</summary>
    internal Goal GoalOf(Tensor logits, Tensor y, int round) => Aim(y, null, logits, new Rng(0).Draw("goal", 0), round);

    /// <summary>One round over a dense batch. The result's tensors belong to the scope in which it is called.</summary>
    protected internal abstract Found Search(Hunt hunt);

    /// <summary>What the attack maximises in a round. y, targets: n int64; logits: those of the clean images, n x K.</summary>
    protected internal abstract Goal Aim(Tensor y, Tensor? targets, Tensor logits, Draws draws, int round);

    /// <summary>
    /// Where a later round's point replaces the kept one, of samples that both are as broken as each other: the larger loss wins, and a
    /// first success stays.
    /// </summary>
    protected internal virtual Tensor Replaces(Verdict kept, Verdict fresh) =>
        Ops.where(kept.Broken, Ops.zeros_like(kept.Broken), fresh.Broken.logical_or(fresh.Loss.gt(kept.Loss)));

    private Hunt Prepare(Front front, Ledger ledger, Tensor? rows, Draws draws, Tensor? targets, int round)
    {
        Tensor Some(Tensor t) => rows is null ? t : t.index_select(0, rows);
        var chance = draws.In($"round{round}");
        var (y, logits) = (Some(ledger.Y), Some(ledger.CleanLogits));
        var aim = Aim(y, targets, logits, chance, round);
        var goal = front.Weights.Count == 1 ? aim : new Joint([.. front.Weights.Select(_ => aim)], front.Weights);
        return new Hunt(new Victim(front.Logits), Some(ledger.CleanX), goal, chance, rows ?? ledger.Y, round)
        {
            Stop = StopAtSuccess,
            Logits = logits,
        };
    }

    private static Tensor Look(Victim victim, Tensor x)
    {
        using var off = NoGrad.Enter();
        return victim.Judged(x);
    }

    private static void Demand(Tensor x, Tensor y, Tensor? targets)
    {
        if (x.dim() != 4 || !x.dtype.IsFloat()) throw new ArgumentException($"x wants N x C x H x W floats; got {x.Describe()}");
        foreach (var (name, labels) in new[] { ("y", y), ("targets", targets ?? y) })
            if (labels.dim() != 1 || labels.shape[0] != x.shape[0] || labels.dtype != DType.Int64)
                throw new ArgumentException($"{name} wants {x.shape[0]} int64 labels; got {labels.Describe()}");
        if (x.numel() == 0) return;
        var (low, high) = (x.min().item<double>(), x.max().item<double>());
        if (!(low >= 0 && high <= 1))
            throw new ArgumentException($"pixels must lie in [0,1]; got [{low}, {high}]: normalisation belongs inside the network");
    }
}
