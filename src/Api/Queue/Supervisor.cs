using Microsoft.EntityFrameworkCore;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>What every supervisor works with.</summary>
internal sealed record SupervisorTools(Journal Journal, RunLog Log, LabStore Store, DataDirectory Data, QueueOptions Options, QueueBell Queue,
    CheckpointKeeper Keeper, TimeProvider Time, ILogger Logger);

/// <summary>Looks after one attempt from its start (or re-adoption) to its end: takes its news, passes on wishes, keeps deadlines, concludes.</summary>
internal sealed class Supervisor(string runId, RunKind kind, int attempt, WorkerProcess worker, SupervisorTools tools)
{
    private readonly JobFolder _job = new(tools.Data.Run(runId));
    private readonly AttemptFolder _folder = new JobFolder(tools.Data.Run(runId)).Attempt(attempt);
    private readonly Pulse _pulse = new(tools.Options, tools.Time, expectsSteps: kind is not (RunKind.Import or RunKind.Weights));
    private long _offset;
    private Finished? _finished;
    private Failed? _failed;
    private (string Code, string Seen)? _ended;
    private RunStatus? _told;
    private long _toldAt, _beatReadAt;

    /// <summary>Runs until the attempt is concluded, or until <paramref name="stop"/>: then the worker is left to itself, for a later server.</summary>
    public async Task Run(CancellationToken stop)
    {
        using (worker)
        {
            await Resume(stop);
            var rung = Task.CompletedTask;
            while (true)
            {
                try
                {
                    var exited = worker.HasExited; // asked before reading: what it wrote before its end is read below
                    if (await TakeNews(stop) is not { } more) return;
                    if (exited && !more)
                    {
                        await Conclude(stop);
                        return;
                    }
                    if (rung.IsCompleted)
                    {
                        rung = tools.Queue.Next;
                        await Tell(stop);
                    }
                    await Feel(stop);
                }
                catch (Exception e) when (!stop.IsCancellationRequested)
                {
                    tools.Logger.LogError(e, "Run {Run}: its news could not be taken; trying again", runId);
                }
                await Task.Delay(tools.Options.Poll, tools.Time, stop);
            }
        }
    }

    private async Task Resume(CancellationToken stop)
    {
        _offset = await tools.Journal.Taken(runId, attempt, stop);
        foreach (var e in tools.Log.Read(runId, 0).Where(e => e.Attempt == attempt)) Note(e.Type, () => e.Read<Finished>(), () => e.Read<Failed>());
    }

    /// <returns>Whether there was something to take; null when the fence has come down.</returns>
    private async Task<bool?> TakeNews(CancellationToken stop)
    {
        var lines = LineTail.Read(_folder.Outbox, _offset);
        if (lines.Count == 0) return false;
        var kept = new List<(OutboxLine Line, long End)>();
        OutboxLine? progress = null;
        foreach (var line in lines)
        {
            if (OutboxLine.Parse(line.Bytes.Span) is not { } read) continue;
            if (NewEvent.IsTransient(read.Type)) progress = read;
            else kept.Add((read, line.End));
        }
        if (kept.Count > 0)
        {
            if (await tools.Journal.Take(runId, attempt, kept, stop) is not { } taken) return null;
            if (taken < kept[^1].End)
            {
                _offset = taken;
                throw new IOException($"only part of the news could be logged; {tools.Data.FreeBytes()} bytes are free");
            }
        }
        _offset = lines[^1].End;
        if (progress is not null)
            tools.Log.Show(runId, new RunEvent(0, progress.At, attempt, progress.Type, progress.Data));
        foreach (var (line, _) in kept) await React(line, stop);
        return true;
    }

    private async Task React(OutboxLine line, CancellationToken stop)
    {
        Note(line.Type, line.Read<Finished>, line.Read<Failed>);
        if (line.Type == "attemptStarted")
            await tools.Journal.Move(runId, r => r.AttemptCount == attempt ? Decision.Of(Trigger.Start) : null, stop);
        else if (line.Type == "checkpointSaved")
            await tools.Keeper.Follow(runId, stop);
    }

    private void Note(string type, Func<Finished> finished, Func<Failed> failed)
    {
        if (type == "finished") _finished = finished();
        else if (type == "failed") _failed = failed();
    }

    /// <summary>Passes the user's or the system's wish on to the worker.</summary>
    private async Task Tell(CancellationToken stop)
    {
        await using var read = tools.Store.Read();
        var run = await read.Runs.SingleAsync(r => r.Id == runId, stop);
        if (run.Status == RunStatus.Cancelling && run.Desired == DesiredState.Kill) worker.Kill();
        if (_told == run.Status || run.Status is not (RunStatus.Pausing or RunStatus.Cancelling)) return;
        (_told, _toldAt) = (run.Status, tools.Time.GetTimestamp());
        (run.Status == RunStatus.Pausing ? Command.Pause : Command.Cancel).Send(_folder);
    }

    /// <summary>Feels the pulse about once a second and ends what is overdue.</summary>
    private async Task Feel(CancellationToken stop)
    {
        if (_told is { } told)
        {
            var deadline = told == RunStatus.Pausing ? tools.Options.PauseDeadline : tools.Options.CancelDeadline;
            if (tools.Time.GetElapsedTime(_toldAt) > deadline) worker.Kill();
        }
        if (tools.Time.GetElapsedTime(_beatReadAt) < TimeSpan.FromSeconds(1)) return;
        _beatReadAt = tools.Time.GetTimestamp();
        if (_pulse.Hear(Beat.Read(_folder)))
        {
            var now = tools.Time.GetUtcNow();
            await tools.Store.WriteWhenFree(c =>
            {
                if (c.Runs.SingleOrDefault(r => r.Id == runId && r.AttemptCount == attempt) is { } run) run.LeaseUntil = now + tools.Options.Lease;
                if (c.Attempts.Find($"{runId}.{attempt}") is { } row) (row.LastBeatAt, row.Pid) = (now, row.Pid ?? worker.Pid);
                return true;
            }, stop);
        }
        if (_pulse.Verdict() is not { } verdict || _finished is not null) return;
        tools.Logger.LogWarning("Run {Run}, attempt {Attempt}: {Seen}; ending it", runId, attempt, verdict.Seen);
        _ended = verdict;
        worker.Kill();
    }

    private async Task Conclude(CancellationToken stop)
    {
        tools.Log.Show(runId, null);
        if (_finished?.Outcome == "completed" && await Move(run => run.Status is RunStatus.Running or RunStatus.Pausing ? Decision.Of(Trigger.Finish) : null, stop) is not null)
        {
            await tools.Keeper.Prune(runId, stop);
            await JobManifest.Write(_job, stop);
        }
        await Move(Verdict, stop);
        await Move(run => run.Status == RunStatus.Lost ? AfterLoss(run, tools.Options, tools.Time.GetUtcNow()) : null, stop);
        // A resume that came while the worker was still pausing takes effect now.
        await Move(run => run is { Status: RunStatus.Paused, Desired: DesiredState.Run } && !SystemPause.IsOne(run.StatusReason) ? Decision.Of(Trigger.Resume) : null, stop);
    }

    private Task<Run?> Move(Func<Run, Decision?> decide, CancellationToken stop) =>
        tools.Journal.Move(runId, run => run.AttemptCount == attempt ? decide(run) : null, stop);

    private Decision? Verdict(Run run)
    {
        var exit = worker.ExitCode;
        if (run.Status == RunStatus.Cancelling) return new([Trigger.Cancelled], new StatusChanged("", "", run.DesiredReason, ExitCode: exit));
        if (run.Status == RunStatus.Finishing) return Decision.Of(Trigger.Complete);
        if (_failed is { } failed)
            return Fail(failed.Code, failed.Message, failed.Suggestion ?? Failures.Suggestion(failed.Code), exit);
        if (run.Status == RunStatus.Pausing)
            return Decision.Of(Trigger.Paused, _finished is not null ? run.StatusReason : SystemPause.IsOne(run.StatusReason) ? run.StatusReason : "stopped by force; resumes from the last checkpoint");
        if (_finished?.Outcome == "paused") return new([Trigger.Pause, Trigger.Paused], new StatusChanged("", "", "the worker was asked to stop"));
        var code = _ended?.Code ?? (exit is { } known ? ExitCode.Meaning(known) : FailureCode.WorkerLost);
        var message = _ended is { } ended ? $"{Failures.Sentence(code)} It was {ended.Seen}." : Failures.Sentence(code);
        return Failures.IsWorthAnotherAttempt(code)
            ? new([Trigger.Lose], new StatusChanged("", "", message, code, message, Failures.Suggestion(code), ExitCode: exit))
            : Fail(code, message, Failures.Suggestion(code), exit);
    }

    private static Decision Fail(string code, string message, string suggestion, int? exit) =>
        new([Trigger.Fail], new StatusChanged("", "", code, code, message, suggestion, ExitCode: exit));

    /// <summary>Another attempt after a pause, or the end when too many were lost without a new checkpoint.</summary>
    internal static Decision AfterLoss(Run run, QueueOptions options, DateTimeOffset now)
    {
        if (run.LossCount >= options.MaxAttempts)
            return Fail(run.FailureCode ?? FailureCode.WorkerLost, $"{run.FailureMessage} It was lost {run.LossCount} times without a new checkpoint.",
                run.FailureSuggestion ?? Failures.Suggestion(FailureCode.WorkerLost), null);
        var wait = options.BackOff.Length == 0 ? TimeSpan.Zero : options.BackOff[Math.Clamp(run.LossCount - 1, 0, options.BackOff.Length - 1)];
        return new([Trigger.Requeue], new StatusChanged("", "", $"goes on by itself after a loss ({run.FailureCode})", NotBefore: now + wait));
    }
}

/// <summary>Reasons for which the system pauses a run, and takes it up again by itself.</summary>
internal static class SystemPause
{
    public const string Shutdown = "shutdown";
    public const string DiskGuard = "disk-guard";

    public static bool IsOne(string? reason) => reason is Shutdown or DiskGuard;
}
