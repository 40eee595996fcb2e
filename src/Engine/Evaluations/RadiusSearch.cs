using WebLab.Engine.Attacks;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Evaluations;

/// <summary>A radius of a curve, and the stretch of radii that it divides for the images which are still open there.</summary>
/// <param name="Number">Of the radius, from 1.</param>
/// <param name="From">The smallest radius that may be the first to take such an image.</param>
/// <param name="To">The largest; beyond it the image is known to fall, or there is no radius.</param>
public readonly record struct Halving(int Number, int From, int To)
{
    /// <summary>Every radius once, in the order in which they are tried.</summary>
    public static IEnumerable<Halving> Of(IReadOnlyList<Budget> radii) => Of(radii[0].Value == 0 ? 2 : 1, radii.Count);

    /// <summary>How many radii an image is tried within, on average where each is as likely to be the first to take it, and none too.</summary>
    public static double Tries(IReadOnlyList<Budget> radii)
    {
        Halving[] parts = [.. Of(radii)];
        return parts.Length == 0 ? 0 : parts.Sum(p => p.To - p.From + 2) / (double)(parts.Length + 1);
    }

    /// <summary>Whether an image was tried here, by the first radius that takes it (0: none).</summary>
    /// <param name="first">Number of the radius.</param>
    /// <param name="radii">How many there are.</param>
    public bool Tries(long first, int radii) => first == Outcomes.Stood ? To == radii : first >= From && first <= To + 1;

    // Three quarters up, not in the middle: what is taken is taken after a few steps, what stands costs them all.
    private static IEnumerable<Halving> Of(int from, int to)
    {
        if (from > to) yield break;
        var number = from + (((3 * (to - from)) + 3) / 4);
        yield return new(number, from, to);
        foreach (var above in Of(number + 1, to)) yield return above;
        foreach (var below in Of(from, number - 1)) yield return below;
    }
}

/// <summary>What is known of each image while the first radius that takes it is searched.</summary>
internal sealed class RadiusSearch(Tally tally, IReadOnlyList<Budget> radii)
{
    private readonly long[] _first = First(tally);
    private readonly int[] _stood = Enumerable.Repeat(radii[0].Value == 0 ? 1 : 0, tally.Indices.Length).ToArray();
    private readonly Spent _total = new(tally.Indices.Length);
    private readonly (long Tried, Spent Spent)[] _at = new (long, Spent)[radii.Count];

    /// <summary>Rows of the images that are open between the radii of a halving.</summary>
    public long[] Open(Halving part) => [.. tally.Correct.Where(r => _stood[r] == part.From - 1 && part.Tries(_first[r], radii.Count))];

    /// <summary>Images that stand within a radius; final once all that are open there were tried.</summary>
    /// <param name="number">Of the radius.</param>
    /// <param name="taken">By row, what it has taken just now.</param>
    public Rated Left(int number, bool[]? taken = null) =>
        Rated.Of(tally.Correct.Count(r => (_first[r] == Outcomes.Stood || _first[r] > number) && taken?[r] != true), _first.Length);

    public void Enter(Halving part, long[] rows, Spent spent)
    {
        foreach (var row in rows)
            if (!spent.Taken[row]) _stood[row] = part.Number;
            else (_first[row], _total.Failed[row]) = (part.Number, spent.Failed[row]);
        _total.Add(spent);
        _at[part.Number - 1] = (rows.Length, spent);
    }

    /// <summary>The curve, after every halving.</summary>
    public List<CurvePoint> Points() => [.. radii.Select((radius, k) =>
    {
        var (tried, spent) = _at[k];
        var failed = _first.Index().Count(i => i.Item == k + 1 && _total.Failed[i.Index]);
        return new CurvePoint($"{radius}", radius.Value, Left(k + 1), tried, failed, spent?.Seconds ?? 0, spent?.Forwards.Sum() ?? 0, spent?.Backwards.Sum() ?? 0);
    })];

    /// <summary>Adds the columns of the outcomes.</summary>
    public void Put()
    {
        tally.Put("curve.first", Tensor.From(_first, _first.Length));
        tally.Put("curve.error", Spent.Column(_total.Failed));
        tally.Put("curve.forwards", Tensor.From(_total.Forwards, _first.Length));
        tally.Put("curve.backwards", Tensor.From(_total.Backwards, _first.Length));
    }

    private static long[] First(Tally tally)
    {
        var first = new long[tally.Indices.Length];
        Array.Fill(first, Outcomes.WrongAlready);
        foreach (var row in tally.Correct) first[row] = Outcomes.Stood;
        return first;
    }
}

/// <summary>What one radius did to each image, by row.</summary>
internal sealed class Spent(int images)
{
    public bool[] Taken { get; } = new bool[images];

    public bool[] Failed { get; } = new bool[images];

    public long[] Forwards { get; } = new long[images];

    public long[] Backwards { get; } = new long[images];

    public double Seconds { get; private set; }

    public static Tensor Column(bool[] flags) => Tensor.From(flags.Select(f => f ? 1L : 0L).ToArray(), flags.Length).to(DType.Bool);

    /// <summary>Takes a batch in.</summary>
    public void Enter(Dictionary<string, Tensor> part)
    {
        var (row, taken, error) = (part["row"].ToArray<long>(), part["taken"].to(DType.Int64).ToArray<long>(), part["error"].to(DType.Int64).ToArray<long>());
        var (forwards, backwards) = (part["forwards"].ToArray<long>(), part["backwards"].ToArray<long>());
        for (var k = 0; k < row.Length; k++)
        {
            (Taken[row[k]], Failed[row[k]]) = (taken[k] != 0, error[k] != 0);
            Forwards[row[k]] += forwards[k];
            Backwards[row[k]] += backwards[k];
        }

        Seconds += part["seconds"].item<double>();
    }

    /// <summary>Adds the passes of another radius.</summary>
    public void Add(Spent other)
    {
        for (var r = 0; r < Forwards.Length; r++) (Forwards[r], Backwards[r]) = (Forwards[r] + other.Forwards[r], Backwards[r] + other.Backwards[r]);
    }
}
