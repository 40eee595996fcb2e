using System.Diagnostics;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Queue;

public sealed class SchedulerTests
{
    [Fact]
    public async Task A_run_goes_from_the_queue_to_its_end_and_leaves_rows_for_all_it_did()
    {
        await using var shop = await new Workshop().Start();
        var run = await shop.Queue(new Script(Epochs: 3));
        var done = await shop.Until(run.Id, RunStatus.Completed);
        Assert.Equal(["queued", "starting", "running", "finishing", "completed"], shop.Course(run.Id));
        shop.AssertWhole(run.Id);
        Assert.Equal((3, 3, 12L), (done.Epoch, done.Epochs, done.Step));
        Assert.Equal(0.3, done.BestRobustAccuracy!.Value, 6);
        using var read = shop.Temp.Store.Read();
        var series = read.MetricSeries.Single(s => s.RunId == run.Id && s.Key == "train.loss");
        Assert.Equal(15, series.Count);
        Assert.Equal(MetricPoint.Size * 15, read.MetricChunks.Single(c => c.SeriesId == series.Id).Points.Length);
        Assert.Equal("completed", read.Attempts.Single(a => a.RunId == run.Id).Outcome);
        var kept = Assert.Single(read.Checkpoints, c => c.DeletedAt == null && c.RunId == run.Id);
        Assert.Equal(",last,best-robust,", kept.KeptList);
        Assert.True(File.Exists(new JobFolder(shop.Data.Run(run.Id)).Manifest));
    }

    [Fact]
    public async Task A_killed_worker_is_followed_by_another_that_goes_on_from_the_checkpoint()
    {
        await using var shop = await new Workshop().Start();
        var run = await shop.Queue(new Script(DieAtStep: 6, OnAttempts: [1]));
        await shop.Until(run.Id, RunStatus.Completed);
        Assert.Equal(["queued", "starting", "running", "lost", "queued", "starting", "running", "finishing", "completed"], shop.Course(run.Id));
        shop.AssertWhole(run.Id);
        Assert.Equal("s4", shop.Log.Read(run.Id, 0).Last(e => e.Type == "attemptStarted").Read<AttemptStarted>().ResumedFrom);
        using var read = shop.Temp.Store.Read();
        Assert.Equal(["lost", "completed"], read.Attempts.Where(a => a.RunId == run.Id).OrderBy(a => a.Number).Select(a => a.Outcome!));
        Assert.Equal(137, read.Attempts.Single(a => a.RunId == run.Id && a.Number == 1).ExitCode);
    }

    [Fact]
    public async Task A_run_that_kills_its_worker_every_time_fails_with_the_reason()
    {
        await using var shop = await new Workshop(o => o.MaxAttempts = 2).Start();
        var run = await shop.Queue(new Script(DieAtStep: 1, Signal: 6));
        var failed = await shop.Until(run.Id, RunStatus.Failed);
        Assert.Equal((FailureCode.NativeCrash, 2), (failed.FailureCode, failed.AttemptCount));
        Assert.NotNull(failed.FailureSuggestion);
    }

    [Fact]
    public async Task A_failure_shows_its_code_a_sentence_and_the_last_lines()
    {
        await using var shop = await new Workshop().Start();
        var run = await shop.Queue(new Script(Fail: FailureCode.NanLoss));
        await shop.Until(run.Id, RunStatus.Failed);
        var failure = (await shop.Runs.Get(run.Id, shop.Cancel)).Failure!;
        Assert.Equal((FailureCode.NanLoss, "It ended in nan-loss."), (failure.Code, failure.Message));
        Assert.Contains("learning rate", failure.Suggestion);
        Assert.Equal(["the last line before nan-loss"], failure.LastLines);
    }

    [Fact]
    public async Task A_failed_run_can_be_retried_and_nothing_else()
    {
        await using var shop = await new Workshop().Start();
        var run = await shop.Queue(new Script(Fail: FailureCode.OutOfMemory));
        await shop.Until(run.Id, RunStatus.Failed);
        var refusal = await Assert.ThrowsAsync<Refusal>(() => shop.Actions.Do(run.Id, RunAction.Pause, null, shop.Cancel));
        Assert.Equal((ProblemKinds.InvalidTransition, "retry"), (refusal.Kind, Assert.Single(refusal.Legal!)));
        var seen = shop.Row(run.Id).LastSeq;
        Assert.True((await shop.Actions.Do(run.Id, RunAction.Retry, null, shop.Cancel)).Accepted);
        await shop.Until(run.Id, e => e.Type == "attemptStarted", seen);
    }

    [Fact]
    public async Task A_cancel_is_heeded_between_steps()
    {
        await using var shop = await new Workshop().Start();
        var run = await shop.Queue(new Script(Epochs: 1000, StepMs: 20));
        await shop.Until(run.Id, e => e.Type == "metrics");
        Assert.True((await shop.Actions.Do(run.Id, RunAction.Cancel, "enough", shop.Cancel)).Accepted);
        Assert.False((await shop.Actions.Do(run.Id, RunAction.Cancel, null, shop.Cancel)).Accepted);
        await shop.Until(run.Id, RunStatus.Cancelled);
        Assert.Equal("finished", shop.Log.Read(run.Id, 0)[^2].Type);
    }

    [Fact]
    public async Task A_worker_that_heeds_no_cancel_is_killed_at_the_deadline()
    {
        await using var shop = await new Workshop(o => o.CancelDeadline = TimeSpan.FromMilliseconds(300)).Start();
        var run = await shop.Queue(new Script(Epochs: 100_000, Deaf: true));
        await shop.Until(run.Id, e => e.Type == "metrics");
        var pid = shop.WorkerPid(run.Id);
        await shop.Actions.Do(run.Id, RunAction.Cancel, null, shop.Cancel);
        await shop.Until(run.Id, RunStatus.Cancelled);
        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    public async Task A_kill_needs_no_consent()
    {
        await using var shop = await new Workshop(o => o.CancelDeadline = TimeSpan.FromHours(1)).Start();
        var run = await shop.Queue(new Script(Epochs: 100_000, Deaf: true));
        await shop.Until(run.Id, e => e.Type == "metrics");
        await shop.Actions.Do(run.Id, RunAction.Cancel, null, shop.Cancel);
        Assert.True((await shop.Actions.Do(run.Id, RunAction.Kill, null, shop.Cancel)).Accepted);
        await shop.Until(run.Id, RunStatus.Cancelled);
    }

    [Fact]
    public async Task A_paused_run_resumes_where_it_was()
    {
        await using var shop = await new Workshop().Start();
        var run = await shop.Queue(new Script(Epochs: 3, StepsPerEpoch: 100, StepMs: 20));
        await shop.Until(run.Id, e => e.Type == "metrics");
        await shop.Actions.Do(run.Id, RunAction.Pause, "lunch", shop.Cancel);
        var paused = await shop.Until(run.Id, RunStatus.Paused);
        Assert.Equal("lunch", paused.StatusReason);
        Assert.False((await shop.Actions.Do(run.Id, RunAction.Pause, null, shop.Cancel)).Accepted);
        await shop.Actions.Do(run.Id, RunAction.Resume, null, shop.Cancel);
        await shop.Until(run.Id, RunStatus.Completed);
        shop.AssertWhole(run.Id);
        var steps = shop.Log.Read(run.Id, 0).Where(e => e.Type == "metrics").Select(e => e.Read<MetricsPoint>().Step);
        Assert.Equal(Enumerable.Range(1, 300).Select(i => (long)i), steps);
    }

    [Fact]
    public async Task A_resume_that_comes_while_the_worker_still_pauses_is_not_lost()
    {
        await using var shop = await new Workshop().Start();
        var run = await shop.Queue(new Script(Epochs: 2, StepsPerEpoch: 100, StepMs: 30));
        await shop.Until(run.Id, e => e.Type == "metrics");
        await shop.Actions.Do(run.Id, RunAction.Pause, null, shop.Cancel);
        Assert.True((await shop.Actions.Do(run.Id, RunAction.Resume, null, shop.Cancel)).Accepted);
        await shop.Until(run.Id, RunStatus.Completed);
        Assert.Contains("paused", shop.Course(run.Id));
    }

    [Fact]
    public async Task A_worker_that_beats_but_makes_no_step_is_ended_and_followed()
    {
        await using var shop = await new Workshop(o => (o.StallDeadline, o.StartDeadline) = (TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(8))).Start();
        var run = await shop.Queue(new Script(HangAtStep: 2, OnAttempts: [1]));
        await shop.Until(run.Id, RunStatus.Completed);
        Assert.Equal(FailureCode.Timeout, shop.Log.Read(run.Id, 0).Select(e => e.Type == StatusChanged.Type ? e.Read<StatusChanged>() : null).Single(s => s?.To == "lost")!.Code);
    }

    [Fact]
    public async Task A_stopped_process_is_lost_when_its_lease_ends()
    {
        await using var shop = await new Workshop(o => o.Lease = TimeSpan.FromSeconds(7)).Start();
        var run = await shop.Queue(new Script(DieAtStep: 2, OnAttempts: [1], Signal: 19)); // SIGSTOP
        await shop.Until(run.Id, RunStatus.Completed);
        Assert.Equal(FailureCode.WorkerLost, shop.Log.Read(run.Id, 0).Select(e => e.Type == StatusChanged.Type ? e.Read<StatusChanged>() : null).Single(s => s?.To == "lost")!.Code);
    }

    [Fact]
    public async Task Higher_priority_goes_first_then_first_come()
    {
        await using var shop = new Workshop();
        var runs = new List<Run> { await shop.Queue(new Script(Epochs: 1)), await shop.Queue(new Script(Epochs: 1)), await shop.Queue(new Script(Epochs: 1), priority: 5) };
        await shop.Start();
        foreach (var run in runs) await shop.Until(run.Id, RunStatus.Completed);
        Assert.Equal([runs[2].Id, runs[0].Id, runs[1].Id], runs.Select(r => shop.Row(r.Id)).OrderBy(r => r.StartedAt).Select(r => r.Id));
    }

    [Fact]
    public async Task An_import_does_not_wait_for_training()
    {
        await using var shop = await new Workshop().Start();
        var training = await shop.Queue(new Script(Epochs: 100_000));
        await shop.Until(training.Id, RunStatus.Running);
        var import = await shop.Queue(new Script(Epochs: 1), kind: RunKind.Import);
        await shop.Until(import.Id, RunStatus.Completed);
        Assert.Equal(RunStatus.Running, shop.Row(training.Id).Status);
    }

    [Fact]
    public async Task Two_schedulers_never_claim_the_same_run()
    {
        await using var one = new Workshop();
        await using var two = new Workshop(on: one.Temp);
        var runs = new List<Run>();
        for (var i = 0; i < 40; i++) runs.Add(await one.Queue(new Script()));
        var claims = await Task.WhenAll(runs.SelectMany(r => new[] { one, two }.Select(shop => shop.Journal.Claim(r.Id, "someone", 1000, shop.Cancel))));
        Assert.Equal(runs.Select(r => r.Id).Order(), claims.OfType<Run>().Select(r => r.Id).Order());
        Assert.All(runs, r => Assert.Equal(1, one.Row(r.Id).AttemptCount));
    }

    [Fact]
    public async Task No_more_runs_are_claimed_than_there_are_slots()
    {
        await using var shop = new Workshop();
        var runs = new List<Run>();
        for (var i = 0; i < 10; i++) runs.Add(await shop.Queue(new Script()));
        var claims = await Task.WhenAll(runs.Select(r => shop.Journal.Claim(r.Id, "someone", 3, shop.Cancel)));
        Assert.Equal(3, claims.OfType<Run>().Count());
    }

    [Fact]
    public async Task A_full_disk_holds_the_queue_and_says_so()
    {
        await using var shop = new Workshop(o => o.MinFreeBytes = long.MaxValue);
        var run = await shop.Queue(new Script(Epochs: 1));
        await shop.Start();
        Assert.Contains("disk guard", await shop.Gate.Closed(shop.Cancel));
        Assert.Equal(RunStatus.Queued, shop.Row(run.Id).Status);
        shop.Options.MinFreeBytes = 0;
        shop.Bell.Ring();
        await shop.Until(run.Id, RunStatus.Completed);
    }

    [Fact]
    public async Task What_an_older_attempt_still_writes_is_refused()
    {
        await using var shop = new Workshop();
        var run = await shop.Queue(new Script());
        await shop.Journal.Claim(run.Id, "someone", 1, shop.Cancel);
        var line = new OutboxLine(TimeProvider.System.GetUtcNow(), "log", System.Text.Json.JsonSerializer.SerializeToElement(new LogLine("info", "late")));
        Assert.Null(await shop.Journal.Take(run.Id, 0, [(line, 10)], shop.Cancel));
        Assert.Equal(10, await shop.Journal.Take(run.Id, 1, [(line, 10)], shop.Cancel));
        Assert.Equal(10, await shop.Journal.Take(run.Id, 1, [(line, 10)], shop.Cancel));
        Assert.Single(shop.Log.Read(run.Id, 0), e => e.Type == "log");
    }
}
