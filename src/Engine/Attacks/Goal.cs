using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>What an attack maximises per sample, and when it has won. Immutable; rows follow the samples of the batch.</summary>
/// <param name="Y">True labels, N int64.</param>
public abstract record Goal(Tensor Y)
{
    /// <summary>Loss per sample (N) from logits (N x K), larger is nearer to the goal.</summary>
    public abstract Tensor Loss(Tensor logits);

    /// <summary>Bool per sample: the goal is reached.</summary>
    public abstract Tensor Reached(Tensor logits);

    /// <summary>The logits that are scored, N x K, among those of several heads.</summary>
    public virtual Tensor Scored(Tensor logits) => logits;

    /// <summary>The goal of some of the samples.</summary>
    public abstract Goal Rows(Tensor index);

    /// <summary>The tensors it is made of.</summary>
    public abstract IEnumerable<Tensor> Parts { get; }
}

/// <summary>Any label but the true one, by a loss of logits and labels (N int64).</summary>
public sealed record Untargeted(Tensor Y, Func<Tensor, Tensor, Tensor> Of) : Goal(Y)
{
    public override Tensor Loss(Tensor logits) => Of(logits, Y);

    public override Tensor Reached(Tensor logits) => logits.argmax(1).ne(Y);

    public override Goal Rows(Tensor index) => this with { Y = Y.index_select(0, index) };

    public override IEnumerable<Tensor> Parts => [Y];
}

/// <summary>A given label, by a loss of logits, true labels and targets; leaving the true label wins already.</summary>
public sealed record Targeted(Tensor Y, Tensor Target, Func<Tensor, Tensor, Tensor, Tensor> Of, bool AnyLabelWins = true) : Goal(Y)
{
    public override Tensor Loss(Tensor logits) => Of(logits, Y, Target);

    public override Tensor Reached(Tensor logits) => AnyLabelWins ? logits.argmax(1).ne(Y) : logits.argmax(1).eq(Target);

    public override Goal Rows(Tensor index) =>
        this with { Y = Y.index_select(0, index), Target = Target.index_select(0, index) };

    public override IEnumerable<Tensor> Parts => [Y, Target];
}

/// <summary>
/// Several goals at once, for logits of several heads side by side (N x heads K): the weighted sum of their losses. It is reached when the
/// first one is, which belongs to the head that counts.
/// </summary>
/// <param name="Heads">A goal per head, in the order of the logits.</param>
/// <param name="Weights">One per head.</param>
public sealed record Joint(IReadOnlyList<Goal> Heads, IReadOnlyList<double> Weights) : Goal(Heads[0].Y)
{
    public override Tensor Loss(Tensor logits)
    {
        var each = logits.chunk(Heads.Count, 1);
        return Enumerable.Range(0, each.Length).Where(k => Weights[k] != 0).Select(k => Heads[k].Loss(each[k]) * Weights[k]).Aggregate((a, b) => a + b);
    }

    public override Tensor Reached(Tensor logits) => Heads[0].Reached(Scored(logits));

    public override Tensor Scored(Tensor logits) => logits.chunk(Heads.Count, 1)[0];

    public override Goal Rows(Tensor index) => new Joint([.. Heads.Select(h => h.Rows(index))], Weights);

    public override IEnumerable<Tensor> Parts => Heads.SelectMany(h => h.Parts);
}

/// <summary>A prediction far from a fixed one: KL(p || softmax z), p as log-probabilities N x K (TRADES).</summary>
public sealed record Diverging(Tensor Y, Tensor LogP) : Goal(Y)
{
    public override Tensor Loss(Tensor logits) => Losses.Kl(logits, LogP);

    public override Tensor Reached(Tensor logits) => logits.argmax(1).ne(Y);

    public override Goal Rows(Tensor index) => this with { Y = Y.index_select(0, index), LogP = LogP.index_select(0, index) };

    public override IEnumerable<Tensor> Parts => [Y, LogP];
}
