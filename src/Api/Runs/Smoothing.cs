namespace WebLab.Api.Runs;

/// <summary>
/// Smoothing that a reader can trust: an exponential average over the whole series, corrected for its start, so that the first points are
/// not drawn towards nothing. A later point never changes an earlier one, and a constant stays what it is.
/// </summary>
public static class Smoothing
{
    /// <summary>Largest weight: about the last thousand points count.</summary>
    public const double Most = 0.999;

    /// <summary>The mean of each point and those before it, where each counts <paramref name="weight"/> times the one after it.</summary>
    /// <param name="values">In order. What is not finite is a gap: it stays as it is and does not count.</param>
    /// <param name="weight">0 (as it is) to <see cref="Most"/>.</param>
    public static double[] Debiased(IReadOnlyList<double> values, double weight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weight, Most);
        if (weight == 0) return [.. values];
        var smooth = new double[values.Count];
        double mean = 0, mass = 0;
        for (var i = 0; i < smooth.Length; i++)
        {
            if (!double.IsFinite(values[i]))
            {
                smooth[i] = values[i];
                continue;
            }

            // The corrected average m / (1 - w^t) as a running mean: equal in exact arithmetic, and without error on a constant.
            mass = weight * mass + 1;
            mean += (values[i] - mean) / mass;
            smooth[i] = mean;
        }

        return smooth;
    }
}
