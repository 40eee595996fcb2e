namespace WebLab.Engine.Evaluations;

/// <summary>Counts in bins of equal width; a bin holds its lower edge, the last one both.</summary>
/// <param name="Low">Lower edge of the first bin.</param>
/// <param name="High">Upper edge of the last bin.</param>
/// <param name="Counts">One per bin.</param>
public sealed record Histogram(double Low, double High, IReadOnlyList<long> Counts)
{
    public double Width => (High - Low) / Counts.Count;

    /// <summary>Over the range of the values; those that are not finite are left out. No values: one empty bin from 0 to 1.</summary>
    /// <param name="values">In any order.</param>
    /// <param name="bins">1 or more.</param>
    /// <param name="low">Instead of the smallest value.</param>
    /// <param name="high">Instead of the largest value.</param>
    public static Histogram Of(IEnumerable<float> values, int bins, double? low = null, double? high = null)
    {
        var finite = values.Where(float.IsFinite).ToList();
        if (finite.Count == 0) return new Histogram(0, 1, [0]);
        double from = Math.Min(low ?? finite.Min(), finite.Min()), to = Math.Max(high ?? finite.Max(), finite.Max());
        if (to <= from) to = from + Math.Max(Math.Abs(from), 1) * 1e-3;
        var counts = new long[bins];
        foreach (var value in finite) counts[Math.Clamp((int)((value - from) / (to - from) * bins), 0, bins - 1)]++;
        return new Histogram(from, to, counts);
    }
}
