using WebLab.Engine.Attacks;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Recipes;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

/// <summary>A run whose accuracy under the guard's attack falls ends with the weights of the epoch before.</summary>
public sealed class GuardTests : IDisposable
{
    private readonly SmallRun _runs = new();

    public void Dispose() => _runs.Dispose();

    private sealed class Killed : Exception;

    [Fact]
    public void A_breakdown_ends_the_run_with_the_weights_of_the_epoch_before()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("run", Falling(), checkpointSeconds: 600));
        var events = _runs.Events("run");
        var epochs = events.Where(e => e.Type == "epochCompleted").Select(e => e.Read<EpochCompleted>()).ToList();
        var accuracies = epochs.Select(e => e.Values["train.guardAccuracy"]).ToList();
        // Any fall ends the run: all but the last epoch held or rose.
        Assert.InRange(epochs.Count, 2, 39);
        Assert.Equal(accuracies[..^1].Order(), accuracies[..^1]);
        Assert.True(accuracies[^1] < accuracies[^2]);
        var saved = events.Where(e => e.Type == "checkpointSaved").Select(e => e.Read<CheckpointSaved>()).ToList();
        Assert.Equal(saved[^2].Sha256, saved[^1].Sha256);
        Assert.Contains(events, e => e.Type == "log" && e.Read<LogLine>() is { Level: "warning" } line && line.Text.Contains($"epoch {epochs.Count}", StringComparison.Ordinal));
        var end = events[^1].Read<Finished>();
        Assert.Equal("completed", end.Outcome);
        Assert.Equal(epochs.Count, end.Values["train.brokeDownEpoch"]);
    }

    [Theory]
    [InlineData("log")]
    [InlineData("checkpointSaved")]
    public void A_kill_around_the_breakdown_changes_nothing(string type)
    {
        Assert.Equal(ExitCode.Done, _runs.Train("whole", Falling(), checkpointSeconds: 600));
        var last = _runs.Events("whole").Count(e => e.Type == type);
        Assert.Equal(ExitCode.Unknown, _runs.Train("killed", Falling(), 1, e =>
        {
            if (e.Type == type && --last == 0) throw new Killed();
        }, checkpointSeconds: 600));
        Assert.Equal(ExitCode.Done, _runs.Train("killed", Falling(), 2, checkpointSeconds: 600));
        Assert.Equal(_runs.Last("whole").Check, _runs.Last("killed").Check);
        Assert.Equal("completed", _runs.Events("killed", 2)[^1].Read<Finished>().Outcome);
    }

    private static Recipe Falling()
    {
        var recipe = SmallRun.Recipe(new FastOptions { GuardDrop = 0, GuardAttack = new PgdOptions { Steps = 2 } }, epochs: 40);
        return recipe with { Probe = new ProbeSection { Every = 0 }, Optimizer = new SgdOptions { Lr = 0.3 } };
    }
}
