namespace WebLab.Engine.Evaluations;

/// <summary>An interval that holds a rate with a stated confidence.</summary>
/// <param name="Rate">Successes over trials; NaN with no trials.</param>
/// <param name="Low">Lower end, in [0,1].</param>
/// <param name="High">Upper end, in [0,1].</param>
public readonly record struct Interval(double Rate, double Low, double High)
{
    /// <summary>Wilson's score interval (Wilson 1927). It stays in [0,1] and is honest for rates near 0 and 1.</summary>
    /// <param name="successes">0 to <paramref name="trials"/>.</param>
    /// <param name="trials">0 or more; with none the interval is [0,1].</param>
    /// <param name="z">Quantile of the normal distribution; 1.959964 for 95 %.</param>
    public static Interval Wilson(long successes, long trials, double z = 1.959963984540054)
    {
        if (trials == 0) return new Interval(double.NaN, 0, 1);
        double n = trials, p = successes / n, z2 = z * z;
        var centre = (p + z2 / (2 * n)) / (1 + z2 / n);
        var half = z / (1 + z2 / n) * Math.Sqrt(p * (1 - p) / n + z2 / (4 * n * n));
        return new Interval(p, successes == 0 ? 0 : Math.Max(0, centre - half), successes == trials ? 1 : Math.Min(1, centre + half));
    }
}
