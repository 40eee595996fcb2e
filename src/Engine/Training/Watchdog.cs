namespace WebLab.Engine.Training;

/// <summary>What the probe of one epoch saw.</summary>
/// <param name="Samples">Held-out images, the same in every epoch.</param>
/// <param name="Clean">Accuracy, in [0,1].</param>
/// <param name="Robust">Accuracy under the probe's attack.</param>
/// <param name="Trained">Accuracy on images attacked as in training, where the method tells it.</param>
public readonly record struct ProbePoint(int Epoch, int Samples, double Clean, double Robust, double? Trained = null);

public enum Overfit
{
    /// <summary>Robust accuracy has been clearly below its best for several probes (Rice et al. 2020).</summary>
    Robust,

    /// <summary>Robust accuracy fell away at once while clean accuracy, and that under the training's own attack, did not (Wong et al. 2020).</summary>
    Catastrophic,
}

/// <summary>An alarm.</summary>
/// <param name="BestEpoch">The end of the stretch of probes that was best.</param>
/// <param name="Best">Robust accuracy there.</param>
/// <param name="Epoch">Of the newest probe.</param>
/// <param name="Now">Robust accuracy of late.</param>
public sealed record OverfitAlarm(Overfit Kind, int BestEpoch, double Best, int Epoch, double Now);

/// <summary>Watches the probes of a run for the two ways in which robustness is lost while training goes on.</summary>
public static class Watchdog
{
    // So many standard errors: in none of 150 sound runs of 100 epochs did chance alone pass it (4 were passed in 9).
    private const double Errors = 4.5;

    private const double LeastGap = 0.02, Collapse = 0.4, CleanStays = 0.8, TrainedStays = 0.9;
    private const int EnoughForFlicker = 8;

    /// <param name="probes">By epoch, ascending.</param>
    /// <returns>Null while there is nothing to say.</returns>
    public static OverfitAlarm? Look(IReadOnlyList<ProbePoint> probes) => Fallen(probes) ?? Sunk(probes);

    // One probe is enough for a fall as deep as this, when nothing else fell with it.
    private static OverfitAlarm? Fallen(IReadOnlyList<ProbePoint> probes)
    {
        if (probes.Count < 2) return null;
        var (now, best) = (probes[^1], probes.SkipLast(1).MaxBy(p => p.Robust));
        var collapsed = now.Robust <= Collapse * best.Robust && best.Robust - now.Robust > Errors * Math.Sqrt(2) * Binomial(best, now);
        return collapsed && Trains(best, now) ? new OverfitAlarm(Overfit.Catastrophic, best.Epoch, best.Robust, now.Epoch, now.Robust) : null;
    }

    // The last two or three probes against the best two or three in a row before them.
    private static OverfitAlarm? Sunk(IReadOnlyList<ProbePoint> probes)
    {
        for (var k = 2; k <= 3; k++)
        {
            if (probes.Count < 2 * k) continue;
            double Mean(int end) => Enumerable.Range(end - k + 1, k).Average(i => probes[i].Robust);
            var end = Enumerable.Range(k - 1, probes.Count - 2 * k + 1).MaxBy(Mean);
            var (best, now) = (Mean(end), Mean(probes.Count - 1));
            var error = Noise(probes, probes[end], probes[^1]) * Math.Sqrt(2.0 / k);
            if (best - now > Math.Max(LeastGap, Errors * error) && Trains(probes[end], probes[^1])) return new OverfitAlarm(Overfit.Robust, probes[end].Epoch, best, probes[^1].Epoch, now);
        }

        return null;
    }

    // Clean accuracy and that under the training's own attack stand; where they fall too, training itself has failed.
    private static bool Trains(ProbePoint best, ProbePoint now) => now.Clean >= CleanStays * best.Clean
        && (now.Trained is not { } trained || best.Trained is not { } before || trained >= TrainedStays * before);

    // Standard deviation of one probe. The images are the same every time, so that accuracies flicker less than a fresh draw would: after
    // some probes the flicker itself tells, by the steps from one to the next.
    private static double Noise(IReadOnlyList<ProbePoint> probes, ProbePoint best, ProbePoint now)
    {
        var drawn = Binomial(best, now);
        if (probes.Count <= EnoughForFlicker) return drawn;
        var flicker = Math.Sqrt(probes.Skip(1).Select((p, i) => (p.Robust - probes[i].Robust) * (p.Robust - probes[i].Robust)).Average() / 2);
        return Math.Min(drawn, Math.Max(flicker, 1.0 / now.Samples)); // an image is the least that can be seen
    }

    private static double Binomial(ProbePoint a, ProbePoint b)
    {
        var p = Math.Clamp((a.Robust + b.Robust) / 2, 1.0 / a.Samples, 1 - 1.0 / a.Samples);
        return Math.Sqrt(p * (1 - p) / Math.Min(a.Samples, b.Samples));
    }
}
