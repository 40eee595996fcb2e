using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

public sealed class VitalsTests
{
    [Fact]
    public void A_sample_is_handed_over_once_and_stays_in_its_ranges()
    {
        using var folder = new TempFolder();
        using var vitals = new Vitals(folder.Path, Device.Cpu, new NoTimers());
        Assert.Null(vitals.Take());

        vitals.Look();

        var sample = vitals.Take()!;
        Assert.Equal(["system.cpu", "system.diskFree", "system.memory", "system.memoryFree"], sample.Keys.Order());
        Assert.InRange(sample["system.cpu"], 0, 1);
        Assert.All(sample.Where(s => s.Key != "system.cpu"), s => Assert.True(s.Value > 0, s.Key));
        Assert.Null(vitals.Take());
    }

    // Time passes, but no timer goes off, however busy the machine is.
    private sealed class NoTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
