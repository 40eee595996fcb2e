using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>
/// Starts what waits while there are free slots, and keeps every started run supervised: workers that outlived an earlier server are
/// adopted, lost runs queued again, the disk guarded. A stop of the server pauses its runs at a checkpoint.
/// </summary>
public sealed class Scheduler(Journal journal, RunLog log, LabStore store, DataDirectory data, IOptions<QueueOptions> options, QueueBell queue,
    CheckpointKeeper keeper, QueueGate gate, IndexRebuild rebuild, TrashBin trash, TimeProvider time, ILogger<Scheduler> logger) : BackgroundService
{
    private readonly QueueOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, Task> _supervised = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId}";
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when runs of an earlier server are looked after.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Runs that this server supervises now.</summary>
    public IReadOnlyCollection<string> Supervised => [.. _supervised.Keys];

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        await rebuild.Follow(stop);
        await Reconcile(stop);
        _ready.SetResult();
        var reconciledAt = time.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            var rung = queue.Next;
            try
            {
                await Fill(stop);
                if (time.GetElapsedTime(reconciledAt) >= _options.Reconcile)
                {
                    reconciledAt = time.GetTimestamp();
                    await Reconcile(stop);
                }
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                logger.LogError(e, "The queue could not be worked on; trying again");
            }
            await Task.WhenAny(rung, Task.Delay(TimeSpan.FromSeconds(1), time, stop));
        }
    }

    /// <summary>Pauses every run at a checkpoint, waits for the workers, then lets go; whoever is left lives on and is adopted at the next start.</summary>
    public override async Task StopAsync(CancellationToken cancel)
    {
        await base.StopAsync(cancel);
        if (_abandon.IsCancellationRequested) return;
        foreach (var runId in _supervised.Keys)
            await journal.Move(runId, run => run.Status is RunStatus.Starting or RunStatus.Running ? Decision.Of(Trigger.Pause, SystemPause.Shutdown) : null, cancel);
        await Task.WhenAny(Task.WhenAll(_supervised.Values), Task.Delay(Timeout.InfiniteTimeSpan, cancel));
        await _abandon.CancelAsync();
    }

    /// <summary>Lets go of everything at once, as a crash would: workers live on.</summary>
    internal void Abandon() => _abandon.Cancel();

    /// <summary>Runs with a worker that nobody looks after are adopted, lost ones queued again, those that the system paused taken up again.</summary>
    internal async Task Reconcile(CancellationToken stop)
    {
        await using var read = store.Read();
        var active = await read.Runs.Where(r => r.Status == RunStatus.Starting || r.Status == RunStatus.Running || r.Status == RunStatus.Pausing
            || r.Status == RunStatus.Finishing || r.Status == RunStatus.Cancelling || r.Status == RunStatus.Lost).ToListAsync(stop);
        foreach (var run in active.Where(r => !_supervised.ContainsKey(r.Id)))
        {
            if (run.Status == RunStatus.Lost) await journal.Move(run.Id, r => r.Status == RunStatus.Lost ? Supervisor.AfterLoss(r, _options, time.GetUtcNow()) : null, stop);
            else Adopt(run);
        }
        await trash.Empty(stop);
        // A worker that was still pausing when an earlier server went down ends up here too.
        await ResumePausedFor(SystemPause.Shutdown, stop);
        var (free, wanted) = (data.FreeBytes(), gate.MinFreeBytes());
        if (free < wanted / 4)
            foreach (var run in active.Where(r => r.Status == RunStatus.Running))
                await journal.Move(run.Id, r => r.Status == RunStatus.Running ? Decision.Of(Trigger.Pause, SystemPause.DiskGuard) : null, stop);
        else if (free >= wanted)
            await ResumePausedFor(SystemPause.DiskGuard, stop);
    }

    private async Task ResumePausedFor(string reason, CancellationToken stop)
    {
        await using var read = store.Read();
        foreach (var id in await read.Runs.Where(r => r.Status == RunStatus.Paused && r.Desired == DesiredState.Run && r.StatusReason == reason).Select(r => r.Id).ToListAsync(stop))
            await journal.Move(id, r => r.Status == RunStatus.Paused && r.StatusReason == reason ? Decision.Of(Trigger.Resume, $"goes on after {reason}") : null, stop);
    }

    private async Task Fill(CancellationToken stop)
    {
        if (await gate.Closed(stop) is not null) return;
        await using var read = store.Read();
        foreach (var imports in (bool[])[true, false])
            foreach (var next in await Claims.Waiting(read, time.GetUtcNow()).Where(r => (r.Kind == RunKind.Import) == imports).Take(_options.Slots).ToListAsync(stop))
                if (await journal.Claim(next.Id, _owner, imports ? 1 : _options.Slots, stop) is { } claimed) Start(claimed);
    }

    private void Start(Run run)
    {
        var job = new JobFolder(data.Run(run.Id));
        Supervise(run, () =>
        {
            var threads = _options.Threads > 0 ? _options.Threads : Math.Max(1, Environment.ProcessorCount / _options.Slots);
            new JobSpec(RunActions.Word(run.Kind), threads, data.Root).Write(job);
            return WorkerProcess.Start(_options, job.Attempt(run.AttemptCount), job);
        });
    }

    private void Adopt(Run run)
    {
        var job = new JobFolder(data.Run(run.Id));
        Supervise(run, () =>
        {
            var worker = WorkerProcess.Find(job.Attempt(run.AttemptCount), job);
            logger.LogInformation("Run {Run}, attempt {Attempt}: {What}", run.Id, run.AttemptCount, worker.Pid is { } pid ? $"adopted its worker {pid}" : "its worker is gone");
            return worker;
        });
    }

    private void Supervise(Run run, Func<WorkerProcess> begin) => _supervised[run.Id] = Look(run, begin);

    private async Task Look(Run run, Func<WorkerProcess> begin)
    {
        await Task.Yield();
        try
        {
            var tools = new SupervisorTools(journal, log, store, data, _options, queue, keeper, time, logger);
            await new Supervisor(run.Id, run.Kind, run.AttemptCount, begin(), tools).Run(_abandon.Token);
        }
        catch (Exception e) when (!_abandon.IsCancellationRequested)
        {
            logger.LogError(e, "Run {Run}, attempt {Attempt}: could not be started or looked after", run.Id, run.AttemptCount);
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            _supervised.TryRemove(run.Id, out _);
            queue.Ring();
        }
    }
}
