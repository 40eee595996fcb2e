using System.Diagnostics;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Store;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Queue;

/// <summary>What a crash or a stop of the server does to its runs: nothing that shows.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly TempData _temp = new();

    public void Dispose()
    {
        Workshop.KillWorkers(_temp.Data);
        _temp.Dispose();
    }

    [Fact]
    public async Task A_living_worker_is_adopted_by_the_next_server_and_no_event_is_lost()
    {
        Run run;
        int pid;
        await using (var first = new Workshop(on: _temp))
        {
            run = await first.Queue(new Script(Epochs: 3, StepsPerEpoch: 100, StepMs: 20));
            pid = await Serve(first, async () =>
            {
                await first.Until(run.Id, e => e.Type == "metrics");
                return first.WorkerPid(run.Id);
            });
        }
        await using var second = await new Workshop(on: _temp).Start();
        await second.Until(run.Id, RunStatus.Completed);
        second.AssertWhole(run.Id);
        Assert.Equal(["queued", "starting", "running", "finishing", "completed"], second.Course(run.Id));
        Assert.Equal(pid, second.WorkerPid(run.Id));
        var outbox = LineTail.Read(new JobFolder(second.Data.Run(run.Id)).Attempt(1).Outbox, 0, 1 << 26).Select(l => OutboxLine.Parse(l.Bytes.Span)!).Where(l => !NewEvent.IsTransient(l.Type));
        Assert.Equal(outbox.Select(l => l.Data.GetRawText()), second.Log.Read(run.Id, 0).Where(e => e.Type != StatusChanged.Type).Select(e => e.Data.GetRawText()));
    }

    [Fact]
    public async Task A_worker_that_died_with_the_server_is_followed_by_another()
    {
        Run run;
        await using (var first = new Workshop(on: _temp))
        {
            run = await first.Queue(new Script(Epochs: 3, StepsPerEpoch: 60, StepMs: 20));
            var pid = await Serve(first, async () =>
            {
                await first.Until(run.Id, e => e.Type == "checkpointSaved");
                return first.WorkerPid(run.Id);
            });
            using var worker = Process.GetProcessById(pid);
            worker.Kill();
            await worker.WaitForExitAsync(first.Cancel);
        }
        await using var second = await new Workshop(on: _temp).Start();
        await second.Until(run.Id, RunStatus.Completed);
        second.AssertWhole(run.Id);
        Assert.Contains("lost", second.Course(run.Id));
        Assert.Equal(2, second.Row(run.Id).AttemptCount);
    }

    [Fact]
    public async Task A_stop_of_the_server_pauses_its_runs_and_the_next_start_resumes_them()
    {
        Run run;
        await using (var first = await new Workshop(on: _temp).Start())
        {
            run = await first.Queue(new Script(Epochs: 2, StepsPerEpoch: 100, StepMs: 20));
            await first.Until(run.Id, e => e.Type == "metrics");
            await first.Scheduler.StopAsync(first.Cancel);
            var paused = first.Row(run.Id);
            Assert.Equal((RunStatus.Paused, "shutdown", DesiredState.Run), (paused.Status, paused.StatusReason, paused.Desired));
        }
        await using var second = await new Workshop(on: _temp).Start();
        await second.Until(run.Id, RunStatus.Completed);
        second.AssertWhole(run.Id);
    }

    [Fact]
    public async Task A_run_that_a_user_paused_stays_paused_over_a_restart()
    {
        Run run;
        await using (var first = await new Workshop(on: _temp).Start())
        {
            run = await first.Queue(new Script(Epochs: 1000, StepMs: 20));
            await first.Until(run.Id, RunStatus.Running);
            await first.Actions.Do(run.Id, RunAction.Pause, null, first.Cancel);
            await first.Until(run.Id, RunStatus.Paused);
            await first.Scheduler.StopAsync(first.Cancel);
        }
        await using var second = await new Workshop(on: _temp).Start();
        Assert.Equal(RunStatus.Paused, second.Row(run.Id).Status);
    }

    [Fact]
    public async Task The_index_is_rebuilt_from_the_folders_alone()
    {
        Run before;
        string checkpoints;
        await using (var first = await new Workshop(on: _temp).Start())
        {
            var run = await first.Queue(new Script(DieAtStep: 6, OnAttempts: [1]));
            before = await first.Until(run.Id, RunStatus.Completed);
            using var read = _temp.Store.Read();
            checkpoints = string.Join(' ', read.Checkpoints.Where(c => c.DeletedAt == null).Select(c => c.Id + c.KeptList));
        }
        _temp.Close();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_temp.Data.Root, "weblab.db*")) File.Delete(file);

        await using var second = await new Workshop(on: _temp).Start();
        var after = second.Row(before.Id);
        Assert.Equal((before.Status, before.LastSeq, before.SummaryJson, before.Epoch, before.AttemptCount, before.FinishedAt, before.BestCheckpointId),
            (after.Status, after.LastSeq, after.SummaryJson, after.Epoch, after.AttemptCount, after.FinishedAt, after.BestCheckpointId));
        using var again = _temp.Store.Read();
        Assert.Equal(checkpoints, string.Join(' ', again.Checkpoints.Where(c => c.DeletedAt == null).Select(c => c.Id + c.KeptList)));
        Assert.Equal(2, again.Attempts.Count(a => a.RunId == before.Id));
        Assert.Equal(12, again.MetricSeries.Single(s => s.RunId == before.Id && s.Key == "train.loss").Count);
    }

    // The server of this workshop dies without a word when the work is done.
    private static async Task<int> Serve(Workshop shop, Func<Task<int>> work)
    {
        await shop.Start();
        var pid = await work();
        shop.Scheduler.Abandon();
        return pid;
    }
}
