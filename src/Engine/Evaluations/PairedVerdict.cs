using System.Globalization;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// Two accuracies on the same images: who is right where (McNemar's table), the difference with its 95 % interval, and how likely
/// discordant pairs as uneven as these are if neither is better.
/// </summary>
/// <param name="Both">Images that both get right.</param>
/// <param name="OnlyFirst">b: right by the first alone.</param>
/// <param name="OnlySecond">c: right by the second alone.</param>
/// <param name="Neither">Images that both get wrong.</param>
/// <param name="Difference">First minus second, in [-1,1].</param>
/// <param name="Low">Lower end of the interval (Newcombe 1998, paired method 10: square-and-add of Wilson's, with the pairs' correlation).</param>
/// <param name="High">Upper end.</param>
/// <param name="P">Two-sided, exact binomial: b of b + c with rate 1/2.</param>
/// <param name="MidP">The same with half the weight of what was seen (Fagerland et al. 2013): less cautious, closer to its level.</param>
public sealed record PairedVerdict(long Both, long OnlyFirst, long OnlySecond, long Neither, double Difference, double Low, double High, double P, double MidP)
{
    /// <summary>Differences are claimed below this exact p.</summary>
    public const double Level = 0.05;

    public long Pairs => Both + OnlyFirst + OnlySecond + Neither;

    public bool Claimed => P < Level;

    public static PairedVerdict Of(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        if (first.Count != second.Count) throw new ArgumentException($"got {first.Count} and {second.Count} images, wanted the same", nameof(second));
        var counts = new long[4];
        for (var i = 0; i < first.Count; i++) counts[(first[i] ? 0 : 2) + (second[i] ? 0 : 1)]++;
        return Of(counts[0], counts[1], counts[2], counts[3]);
    }

    /// <summary>From the four counts a, b, c, d of McNemar's table.</summary>
    public static PairedVerdict Of(long both, long onlyFirst, long onlySecond, long neither)
    {
        var n = both + onlyFirst + onlySecond + neither;
        if (n == 0) return new PairedVerdict(0, 0, 0, 0, double.NaN, -1, 1, 1, 1);
        var (low, high) = Newcombe(both, onlyFirst, onlySecond, neither);
        var (p, midP) = Exact(onlyFirst, onlySecond);
        return new PairedVerdict(both, onlyFirst, onlySecond, neither, (double)(onlyFirst - onlySecond) / n, low, high, p, midP);
    }

    /// <summary>One sentence that claims no more than the pairs carry.</summary>
    /// <param name="first">What the first is called.</param>
    /// <param name="second">What the second is called.</param>
    /// <param name="quality">In the comparative, such as <c>more robust</c>.</param>
    public string Sentence(string first, string second, string quality)
    {
        if (Pairs == 0) return "There is no image to compare on.";
        if (OnlyFirst + OnlySecond == 0) return $"No difference: {first} and {second} agree on every one of the {Pairs} images.";
        if (!Claimed) return string.Create(CultureInfo.InvariantCulture,
            $"No difference can be claimed: {first} minus {second} is {100 * Difference:+0.0;−0.0;0.0} points [{100 * Low:+0.0;−0.0;0.0}, {100 * High:+0.0;−0.0;0.0}]; p = {Shown(P)}.");
        var (better, worse, d, low, high) = Difference > 0 ? (first, second, Difference, Low, High) : (second, first, -Difference, -High, -Low);
        return string.Create(CultureInfo.InvariantCulture, $"{better} is {quality} than {worse} by {100 * d:0.0} points [{100 * low:0.0;−0.0;0.0}, {100 * high:0.0;−0.0;0.0}]; p = {Shown(P)}.");
    }

    /// <summary>A probability with two digits that count.</summary>
    public static string Shown(double p) => p >= 0.0995 ? p.ToString("0.00", CultureInfo.InvariantCulture)
        : p >= 0.001 ? p.ToString("0.0000", CultureInfo.InvariantCulture) : p.ToString("0.0e-0", CultureInfo.InvariantCulture);

    private static (double P, double MidP) Exact(long b, long c)
    {
        var (n, m) = (b + c, Math.Min(b, c));
        if (n == 0) return (1, 1);
        // log of the binomial weight of k; the sum runs over the lighter tail.
        var (log, sum) = (-n * Math.Log(2), 0.0);
        for (var k = 0L; ; k++)
        {
            sum += Math.Exp(log);
            if (k == m) break;
            log += Math.Log((double)(n - k) / (k + 1));
        }

        var seen = Math.Exp(log);
        return b == c ? (1, Math.Clamp(1 - seen / 2, 0, 1)) : (Math.Min(1, 2 * sum), Math.Clamp(2 * sum - seen, 0, 1));
    }

    private static (double Low, double High) Newcombe(double a, double b, double c, double d)
    {
        var n = a + b + c + d;
        var (first, second) = (Interval.Wilson((long)(a + b), (long)n), Interval.Wilson((long)(a + c), (long)n));
        var margins = (a + b) * (c + d) * (a + c) * (b + d);
        // A positive correlation is taken with a correction for continuity, a negative one as it is.
        var together = a * d - b * c;
        if (together > 0) together = Math.Max(0, together - n / 2);
        var psi = margins > 0 ? together / Math.Sqrt(margins) : 0;
        double Reach(double x, double y) => Math.Sqrt(Math.Max(0, x * x - 2 * psi * x * y + y * y));
        var difference = (b - c) / n;
        return (Math.Max(-1, difference - Reach(first.Rate - first.Low, second.High - second.Rate)),
            Math.Min(1, difference + Reach(first.High - first.Rate, second.Rate - second.Low)));
    }
}
