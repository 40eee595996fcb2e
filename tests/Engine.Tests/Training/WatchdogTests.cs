using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

public sealed class WatchdogTests
{
    private const int Samples = 256;

    [Fact]
    public void It_stays_calm_in_a_hundred_sound_runs()
    {
        var alarms = 0;
        for (var seed = 0; seed < 100; seed++)
        {
            var probes = Draw(seed, 100, e => 0.5 - 0.3 * Math.Exp(-e / 15.0));
            if (Enumerable.Range(1, probes.Count).Any(n => Watchdog.Look([.. probes.Take(n)]) is not null)) alarms++;
        }

        Assert.InRange(alarms, 0, 1);
    }

    [Fact]
    public void Robust_over_fitting_is_seen_two_epochs_after_its_onset()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var probes = Draw(seed, 62, e => e <= 60 ? 0.5 - 0.3 * Math.Exp(-e / 15.0) : 0.34, samples: 512);
            Assert.Null(Watchdog.Look([.. probes.Take(60)]));
            var alarm = Watchdog.Look(probes);
            Assert.Equal((Overfit.Robust, 62), (alarm!.Kind, alarm.Epoch));
            Assert.InRange(alarm.BestEpoch, 20, 60);
        }
    }

    // Rice et al. 2020, CIFAR-10: 53.5 % at its best, 45.6 % in the end; a probe of 1,000 images.
    [Fact]
    public void Slow_robust_over_fitting_is_seen_on_the_way_down()
    {
        var probes = Draw(1, 200, e => e <= 105 ? 0.535 - 0.2 * Math.Exp(-e / 20.0) : Math.Max(0.456, 0.535 - (e - 105) * 0.002), samples: 1000);
        var seen = Enumerable.Range(1, 200).First(n => Watchdog.Look([.. probes.Take(n)]) is not null);
        Assert.InRange(seen, 106, 160);
    }

    [Fact]
    public void Probes_that_hardly_flicker_give_a_small_fall_away()
    {
        List<ProbePoint> probes = [.. Enumerable.Range(1, 30).Select(e => new ProbePoint(e, Samples, 0.8, (e <= 25 ? 128 + e % 2 : 118 + e % 2) / 256.0))];
        Assert.Null(Watchdog.Look([.. probes.Take(25)]));
        Assert.Equal(Overfit.Robust, Watchdog.Look(probes)!.Kind);
    }

    [Fact]
    public void Catastrophic_over_fitting_is_seen_at_the_first_probe_after_it()
    {
        List<ProbePoint> probes = [.. Draw(3, 12, e => 0.4, trained: e => 0.45), new ProbePoint(13, Samples, 0.82, 0.02, 0.9)];
        Assert.Null(Watchdog.Look([.. probes.Take(12)]));
        Assert.Equal((Overfit.Catastrophic, 13, 0.02), (Watchdog.Look(probes)!.Kind, Watchdog.Look(probes)!.Epoch, Watchdog.Look(probes)!.Now));
    }

    [Fact]
    public void A_run_that_loses_everything_has_another_trouble()
    {
        List<ProbePoint> probes = [.. Draw(3, 12, _ => 0.4, trained: _ => 0.45)];
        Assert.Null(Watchdog.Look([.. probes, new ProbePoint(13, Samples, 0.1, 0.1)]));
        Assert.Null(Watchdog.Look([.. probes, new ProbePoint(13, Samples, 0.8, 0.1, 0.1)]));
        Assert.NotNull(Watchdog.Look([.. probes, new ProbePoint(13, Samples, 0.8, 0.1)]));
    }

    [Fact]
    public void Few_probes_say_nothing()
    {
        Assert.Null(Watchdog.Look([]));
        Assert.Null(Watchdog.Look([new ProbePoint(1, Samples, 0.5, 0.3)]));
        Assert.Null(Watchdog.Look([new ProbePoint(1, 8, 0.5, 0.5), new ProbePoint(2, 8, 0.5, 0.25)]));
    }

    // Accuracies of Samples images, each right with the given rate, drawn anew every epoch: more flicker than real probes have.
    private static List<ProbePoint> Draw(int seed, int epochs, Func<int, double> rate, Func<int, double>? trained = null, int samples = Samples)
    {
        var random = new System.Random(seed);
        return [.. Enumerable.Range(1, epochs).Select(e => new ProbePoint(e, samples, 0.8, Enumerable.Range(0, samples).Count(_ => random.NextDouble() < rate(e)) / (double)samples, trained?.Invoke(e)))];
    }
}
