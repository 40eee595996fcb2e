using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>How good a point is for each of n samples: the goal is reached, and the loss there.</summary>
public sealed record Verdict(Tensor Broken, Tensor Loss, Tensor X, Tensor Clean);

/// <summary>Keeps, for the whole batch of an attack, the best point found so far and what was spent on it.</summary>
internal sealed class Ledger
{
    private readonly Tensor _error;
    private readonly Tensor _broken;
    private readonly Tensor _loss;
    private readonly Tensor _forwards;
    private readonly Tensor _backwards;
    private readonly Tensor _first;
    private readonly Tensor _round;
    private readonly Tensor _roundLosses;

    public Ledger(Tensor x, Tensor y, Tensor logits, int rounds)
    {
        _roundLosses = Ops.full([rounds, y.shape[0]], double.NaN, logits.dtype, logits.device);
        (CleanX, Y, CleanLogits, X) = (x, y, logits, x.clone());
        _error = logits.isfinite().all(1).logical_not();
        var wrong = logits.argmax(1).ne(y);
        Correct = wrong.logical_or(_error).logical_not();
        _broken = wrong.clone();
        _loss = Ops.full_like(logits.select(1, 0), double.NegativeInfinity);
        (_forwards, _backwards, _round) = (Ops.zeros_like(y), Ops.zeros_like(y), Ops.zeros_like(y));
        _first = Ops.where(wrong, 0L, Ops.full_like(y, -1L));
    }

    public Tensor CleanX { get; }

    public Tensor Y { get; }

    public Tensor CleanLogits { get; }

    /// <summary>The best points so far, N x C x H x W.</summary>
    public Tensor X { get; }

    /// <summary>Bool: the clean image is classified correctly by finite logits.</summary>
    public Tensor Correct { get; }

    /// <summary>Correct, and not broken or in error since.</summary>
    public Tensor Unbroken => Correct.logical_and(_broken.logical_or(_error).logical_not());

    /// <summary>Takes in what a round found. With <paramref name="compare"/> its points are judged first and only better ones kept.</summary>
    public void Enter(Hunt hunt, Found found, bool compare, Attack attack)
    {
        using var off = NoGrad.Enter();
        var rows = hunt.Rows;
        Tensor Kept(Tensor all) => all.index_select(0, rows);
        var first = Ops.where(found.First.gt(0), found.First + Kept(_forwards), found.First);
        _first.index_copy_(0, rows, Ops.where(Kept(_first).lt(0), first, Kept(_first)));
        _forwards.index_copy_(0, rows, Kept(_forwards) + found.Forwards);
        _backwards.index_copy_(0, rows, Kept(_backwards) + found.Backwards);
        _error.index_copy_(0, rows, Kept(_error).logical_or(found.Error));
        if (!compare)
        {
            X.index_copy_(0, rows, found.X);
            return;
        }

        var logits = hunt.Victim.Logits(found.X);
        var fresh = new Verdict(hunt.Goal.Reached(logits), hunt.Goal.Loss(logits), found.X, hunt.X);
        _roundLosses[hunt.Turn].index_copy_(0, rows, fresh.Loss);
        var kept = new Verdict(Kept(_broken), Kept(_loss), Kept(X), hunt.X);
        var take = attack.Replaces(kept, fresh);
        X.index_copy_(0, rows, Ops.where(take.reshape(-1, 1, 1, 1), fresh.X, kept.X));
        _broken.index_copy_(0, rows, Ops.where(take, fresh.Broken, kept.Broken));
        _loss.index_copy_(0, rows, Ops.where(take, fresh.Loss, kept.Loss));
        _round.index_copy_(0, rows, Ops.where(take, (long)hunt.Turn, Kept(_round)));
    }

    /// <summary>The outcome by one last look at all points in the batch as it was given.</summary>
    public Outcome Close(Tensor logits, Goal goal)
    {
        using var off = NoGrad.Enter();
        var after = logits.argmax(1);
        var error = _error.logical_or(logits.isfinite().all(1).logical_not());
        var success = after.ne(Y).logical_and(error.logical_not());
        var loss = Ops.where(_loss.isinf(), goal.Loss(logits), _loss);
        if (_roundLosses.shape[0] == 1) _roundLosses[0].copy_(loss);
        var delta = X - CleanX;
        return new Outcome
        {
            X = X,
            Success = success,
            Error = error,
            LabelBefore = CleanLogits.argmax(1),
            LabelAfter = after,
            Loss = loss,
            Linf = Projections.LinfNorm(delta),
            L2 = Projections.L2Norm(delta).flatten(),
            L1 = Projections.L1Norm(delta).flatten(),
            Forwards = _forwards,
            Backwards = _backwards,
            FirstSuccess = Ops.where(success.logical_and(_first.lt(0)), _forwards + 1, _first),
            Round = _round,
            RoundLosses = _roundLosses,
        };
    }
}
