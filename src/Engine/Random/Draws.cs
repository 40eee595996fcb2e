using WebLab.Engine.Torch;

namespace WebLab.Engine.Random;

/// <summary>
/// The random numbers of one batch in one step, asked for by name. Asking twice for the same name gives the same
/// numbers: scopes (<see cref="In"/>) keep passes and inner steps apart. Comes from Philox in runs and from a recording
/// in reference cases.
/// </summary>
public abstract class Draws
{
    private protected Draws(string scope, Tensor samples, long step, DType dtype)
    {
        Scope = scope;
        Samples = samples;
        Step = step;
        DType = dtype;
    }

    /// <summary>N int64: the samples' indices in their data set.</summary>
    public Tensor Samples { get; }

    public long Step { get; }

    /// <summary>Float type of the results.</summary>
    public DType DType { get; }

    /// <summary>What stands before each name, as `attack.restart1`.</summary>
    protected string Scope { get; }

    /// <summary>The same batch and step under another name: `In("attack").Uniform("start", ...)` draws `attack.start`.</summary>
    public abstract Draws In(string scope);

    /// <summary>The draws of some of the samples, equal to the rows of the whole batch's draws.</summary>
    /// <param name="rows">M int64 in [0, N).</param>
    public abstract Draws Select(Tensor rows);

    /// <summary>Draws that the whole batch shares: N = 1 in every shape below.</summary>
    public abstract Draws Shared();

    /// <summary>N x tail, uniform in [low, high); rounding may give high itself.</summary>
    public abstract Tensor Uniform(string name, double low, double high, params long[] tail);

    /// <summary>N x tail, normal with mean 0 (Box and Muller 1958).</summary>
    public abstract Tensor Normal(string name, double std, params long[] tail);

    /// <summary>N x tail, -1 or 1 with equal chance.</summary>
    public abstract Tensor Rademacher(string name, params long[] tail);

    /// <summary>N x tail int64, uniform in [low, high).</summary>
    public abstract Tensor Integers(string name, long low, long high, params long[] tail);

    /// <summary>N x tail bool, true with chance p.</summary>
    public abstract Tensor Bernoulli(string name, double p, params long[] tail);

    /// <summary>N int64: a permutation of the batch's rows. It depends on the samples, not on their order alone.</summary>
    public abstract Tensor Permutation(string name);

    /// <summary>A draw that is more than the above, such as a point in a ball: made by <paramref name="make"/>, unless recorded.</summary>
    /// <param name="name">Its name in a recording.</param>
    /// <param name="make">Gets the draws in the scope <paramref name="name"/>.</param>
    public abstract Tensor Composed(string name, Func<Draws, Tensor> make);

    private protected string Full(string name) => Scope.Length == 0 ? name : $"{Scope}.{name}";

    private protected long[] Shape(long[] tail) => [Samples.numel(), .. tail];
}
