namespace WebLab.Api.Experiments;

/// <summary>A figure over seeds: all runs that have it, none left out.</summary>
/// <param name="Mean">Arithmetic mean.</param>
/// <param name="Deviation">Sample standard deviation (over N - 1); absent for a single run.</param>
/// <param name="Count">N.</param>
public sealed record Spread(double Mean, double? Deviation, int Count)
{
    /// <summary>Null where no run has the figure.</summary>
    public static Spread? Of(IEnumerable<double?> values)
    {
        var known = values.OfType<double>().ToList();
        if (known.Count == 0) return null;
        var mean = known.Average();
        // Two passes: the differences of near-equal accuracies are small beside their squares.
        return new Spread(mean, known.Count > 1 ? Math.Sqrt(known.Sum(v => (v - mean) * (v - mean)) / (known.Count - 1)) : null, known.Count);
    }
}
