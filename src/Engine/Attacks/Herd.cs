using WebLab.Engine.Torch;

namespace WebLab.Engine.Attacks;

/// <summary>
/// The samples of a round that are still searched, as one dense batch, and the results of all. What a search remembers per sample lives
/// in numbered slots; slot 0 is the present point. Samples that leave take their present point with them.
/// </summary>
internal sealed class Herd
{
    private readonly Hunt _hunt;
    private readonly Tensor _x;
    private readonly Tensor _forwards;
    private readonly Tensor _backwards;
    private readonly Tensor _first;
    private readonly Tensor _error;
    private readonly Tensor[] _slots;
    private Tensor[] _generation = [];
    private Tensor _rows;

    /// <param name="hunt">The round.</param>
    /// <param name="ball">Where points may lie.</param>
    /// <param name="slots">First values of the slots, n x ... each; slot 0 is the start.</param>
    public Herd(Hunt hunt, Ball ball, params Tensor[] slots)
    {
        (_hunt, Ball, Goal, _slots) = (hunt, ball, hunt.Goal, slots);
        _x = hunt.X.clone();
        _rows = Ops.arange(hunt.X.shape[0], DType.Int64, hunt.X.device);
        (_forwards, _backwards) = (Ops.zeros_like(_rows), Ops.zeros_like(_rows));
        _first = Ops.full_like(_rows, -1);
        _error = Ops.zeros_like(_rows, DType.Bool);
    }

    /// <summary>The ball of the living.</summary>
    public Ball Ball { get; private set; }

    /// <summary>The goal of the living.</summary>
    public Goal Goal { get; private set; }

    /// <summary>How many are left.</summary>
    public long Count => _rows.shape[0];

    /// <summary>Places of the living in the round's batch.</summary>
    public Tensor Rows => _rows;

    public Tensor this[int slot] => _slots[slot];

    /// <summary>Puts a value made inside <paramref name="step"/> into a slot, for the steps to come; the old one is freed.</summary>
    public void Put(Scope step, int slot, Tensor value)
    {
        var old = _slots[slot];
        _slots[slot] = step.Keep(value);
        if (!ReferenceEquals(old, value)) old.Dispose();
    }

    /// <summary>
    /// Runs the network on points of the living (with a graph where <paramref name="x"/> wants a gradient), counts the pass, tells the
    /// observer and notes first successes.
    /// </summary>
    public Sight Look(Tensor x, int step, int steps)
    {
        var logits = _hunt.Victim.Logits(x);
        var loss = Goal.Loss(logits);
        using var off = NoGrad.Enter();
        var reached = Goal.Reached(logits);
        _hunt.Observer?.OnStep(new(_hunt.Turn, step, steps, _hunt.Rows.index_select(0, _rows), x, Goal.Scored(logits), loss));
        Bump(_forwards);
        var first = _first.index_select(0, _rows);
        _first.index_copy_(0, _rows, Ops.where(reached.logical_and(first.lt(0)), (long)step + 1, first));
        Suspect(loss.isfinite().logical_not());
        return new(Goal.Scored(logits), loss, reached);
    }

    /// <summary>d(sum of losses)/dx after a look with a graph; values that are not finite become 0 and mark their sample.</summary>
    /// <param name="loss">Per sample, from the look's logits.</param>
    /// <param name="x">The points that were looked at.</param>
    /// <param name="keep">Keep the graph for another gradient.</param>
    public Tensor Gradient(Tensor loss, Tensor x, bool keep = false)
    {
        var g = Grad.Of([loss], [x], retain: keep)[0];
        using var off = NoGrad.Enter();
        Bump(_backwards);
        Suspect(g.flatten(1).sum(1).isfinite().logical_not());
        _hunt.Observer?.OnGradient(_hunt.Rows.index_select(0, _rows), g);
        return g.nan_to_num(0, 0, 0);
    }

    /// <summary>
    /// Sends away the living that <paramref name="done"/> (bool) names, with the points in slot 0 of these. Must be called outside the
    /// scope of a step. Does nothing unless the round stops at success. Returns how many are left.
    /// </summary>
    public long Leave(Tensor done)
    {
        if (!_hunt.Stop || !done.any().item<bool>()) return Count;
        return Narrow(done);
    }

    /// <summary>Ends the round: the rest leaves with its present points.</summary>
    public Found End()
    {
        _x.index_copy_(0, _rows, _slots[0]);
        return new Found(_x, _forwards, _backwards, _first, _error);
    }

    private long Narrow(Tensor done)
    {
        using var off = NoGrad.Enter();
        Tensor[] fresh;
        Tensor[] spent;
        using (var scope = Scope.Enter())
        {
            var gone = done.nonzero().squeeze(1);
            var alive = done.logical_not().nonzero().squeeze(1);
            _x.index_copy_(0, _rows.index_select(0, gone), _slots[0].index_select(0, gone));
            (Ball, Goal) = (Ball.Rows(alive), Goal.Rows(alive));
            var rows = _rows.index_select(0, alive);
            spent = [.. _generation, .. _slots];
            for (var k = 0; k < _slots.Length; k++) _slots[k] = _slots[k].index_select(0, alive);
            fresh = [rows, .. Ball.Parts, .. Goal.Parts];
            scope.Keep(fresh);
            scope.Keep(_slots);
            _rows = rows;
        }

        // The last generation's tensors would live until the round ends: thousands of steps of Square are one round.
        foreach (var tensor in spent) tensor.Dispose();
        _generation = fresh;
        return Count;
    }

    private void Bump(Tensor counts) => counts.index_copy_(0, _rows, counts.index_select(0, _rows) + 1);

    private void Suspect(Tensor bad) => _error.index_copy_(0, _rows, _error.index_select(0, _rows).logical_or(bad));
}

/// <summary>What one forward pass showed: logits n x K, loss n, bool whether the goal is reached.</summary>
internal readonly record struct Sight(Tensor Logits, Tensor Loss, Tensor Reached);
