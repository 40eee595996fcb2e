using WebLab.Engine.Torch;

namespace WebLab.Engine.Random;

/// <summary>
/// Draws that somebody else made: each name gives its recorded tensor, in its final form (start noise already scaled to
/// the radius). `attack.start` is looked for as such, then as `start`.
/// </summary>
public sealed class RecordedDraws : Draws
{
    private readonly IReadOnlyDictionary<string, Tensor> recording;
    private readonly Tensor? rows;

    /// <param name="recording">N x tail per name.</param>
    /// <param name="samples">N int64.</param>
    /// <param name="dtype">Float type of the results.</param>
    public RecordedDraws(IReadOnlyDictionary<string, Tensor> recording, Tensor samples, DType dtype)
        : this(recording, "", samples, 0, dtype, null)
    {
    }

    private RecordedDraws(
        IReadOnlyDictionary<string, Tensor> recording, string scope, Tensor samples, long step, DType dtype, Tensor? rows)
        : base(scope, samples, step, dtype)
    {
        this.recording = recording;
        this.rows = rows;
    }

    public override Draws In(string scope) => new RecordedDraws(recording, Full(scope), Samples, Step, DType, rows);

    public override Draws Select(Tensor rows) => new RecordedDraws(
        recording, Scope, Samples.index_select(0, rows), Step, DType, this.rows is null ? rows : this.rows.index_select(0, rows));

    public override Draws Shared() => new RecordedDraws(recording, Scope, Ops.zeros([1], Torch.DType.Int64), Step, DType, null);

    public override Tensor Uniform(string name, double low, double high, params long[] tail) => Find(name, DType, tail);

    public override Tensor Normal(string name, double std, params long[] tail) => Find(name, DType, tail);

    public override Tensor Rademacher(string name, params long[] tail) => Find(name, DType, tail);

    public override Tensor Integers(string name, long low, long high, params long[] tail) => Find(name, Torch.DType.Int64, tail);

    public override Tensor Bernoulli(string name, double p, params long[] tail) => Find(name, Torch.DType.Bool, tail);

    public override Tensor Permutation(string name) => Find(name, Torch.DType.Int64, []);

    public override Tensor Composed(string name, Func<Draws, Tensor> make)
    {
        if (Look(name) is not { } found)
            return make(In(name));
        var wanted = found.dtype.IsFloat() ? DType : found.dtype;
        return (rows is null ? found : found.index_select(0, rows)).to(wanted);
    }

    private Tensor Find(string name, DType type, long[] tail)
    {
        var found = Look(name) ?? throw new KeyNotFoundException(
            $"no recorded draw \"{Full(name)}\"; there are {string.Join(", ", recording.Keys.Order())}");
        if (rows is not null)
            found = found.index_select(0, rows);
        var shape = Shape(tail);
        if (found.numel() != shape.Aggregate(1L, (a, b) => a * b))
            throw new InvalidDataException($"recorded draw \"{Full(name)}\" is {found}, want [{string.Join(", ", shape)}]");
        return found.to(type).reshape(shape);
    }

    private Tensor? Look(string name)
    {
        for (var rest = Full(name); ; rest = rest[(rest.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (recording.TryGetValue(rest, out var found))
                return found;
            if (!rest.Contains('.'))
                return null;
        }
    }
}
