using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>What is to happen to a run: triggers in order, a note for the log, and changes of the row that the log does not hold.</summary>
/// <param name="Triggers">May be empty.</param>
/// <param name="Note">Reason, failure code, back-off; From and To are filled in.</param>
/// <param name="Also">Columns of the user: desired state, priority, names.</param>
public sealed record Decision(IReadOnlyList<Trigger> Triggers, StatusChanged? Note = null, Action<Run>? Also = null)
{
    public static Decision Of(Trigger trigger, string? reason = null) => new([trigger], new StatusChanged("", "", reason));
}

/// <summary>
/// The only writer of runs. Under the run's gate: decide on the fresh row, append to the log, take the events into the rows, ring.
/// The log comes first: after a crash between the two, <see cref="CatchUp"/> makes the rows follow.
/// </summary>
public sealed class Journal(RunLog log, LabStore store, TimeProvider time, QueueBell queue)
{
    private readonly ConcurrentDictionary<string, Page> _pages = new();

    /// <summary>Raised after events reached log and rows, with the row as it then was. Handlers must return at once and must not throw.</summary>
    public event Action<Run, IReadOnlyList<RunEvent>>? Recorded;

    /// <summary>Moves a run. The decision sees the newest row; null means leave it.</summary>
    /// <returns>The row after the move, or null when nothing was done: no such run, no decision, or a trigger that is not legal.</returns>
    public Task<Run?> Move(string runId, Func<Run, Decision?> decide, CancellationToken cancel) => Gated<Run?>(runId, async page =>
    {
        if (await Load(runId, cancel) is not { } run || decide(run) is not { } decision) return null;
        if (Events(run, decision) is not { } events) return null;
        return await Record(page, run, events, decision.Also, cancel);
    }, cancel);

    /// <summary>Claims a queued run for a new attempt, if there is a free slot: one SQL statement, so that two schedulers never get the same run.</summary>
    public Task<Run?> Claim(string runId, string owner, int slots, CancellationToken cancel) => Gated<Run?>(runId, async page =>
    {
        var now = time.GetUtcNow();
        if (!await store.WriteWhenFree(c => Claims.TryClaim(c, runId, owner, slots, now), cancel)) return null;
        var run = (await Load(runId, cancel))!;
        var start = Event(run.AttemptCount, new StatusChanged(Word(RunStatus.Queued), Word(RunStatus.Starting)));
        return await Record(page, run, [start], null, cancel);
    }, cancel);

    /// <summary>Takes new lines of an attempt's outbox into the log.</summary>
    /// <returns>Where the outbox is to be read on, or null when a newer attempt has taken over (the fence).</returns>
    internal Task<long?> Take(string runId, int attempt, IReadOnlyList<(OutboxLine Line, long End)> lines, CancellationToken cancel) => Gated<long?>(runId, async page =>
    {
        if (await Load(runId, cancel) is not { } run || run.AttemptCount != attempt) return null;
        var fresh = lines.Where(l => l.End > page.End(log, runId).OutboxEndOf(attempt))
            .Select(l => new NewEvent(l.Line.At, attempt, l.Line.Type, l.Line.Data, l.End)).ToList();
        if (fresh.Count > 0 || run.LastSeq < page.End(log, runId).Seq) await Record(page, run, fresh, null, cancel);
        return page.End(log, runId).OutboxEndOf(attempt);
    }, cancel);

    /// <summary>How far an attempt's outbox is in the log.</summary>
    internal Task<long> Taken(string runId, int attempt, CancellationToken cancel) =>
        Gated(runId, page => Task.FromResult(page.End(log, runId).OutboxEndOf(attempt)), cancel);

    /// <summary>Makes the rows of a run follow its log after a crash, and the log a claim that it missed.</summary>
    public Task CatchUp(string runId, CancellationToken cancel) => Gated(runId, async page =>
    {
        if (await Load(runId, cancel) is not { } run) return false;
        run = await Apply(runId, [], null, cancel);
        var logged = page.End(log, runId).Status?.To;
        if (logged is not null && logged != Word(run.Status))
            await Record(page, run, [Event(run.AttemptCount, new StatusChanged(logged, Word(run.Status), "recovered after a crash of the server"))], null, cancel);
        return true;
    }, cancel);

    /// <summary>The first line of a new run's log, before its row exists.</summary>
    internal Task<IReadOnlyList<RunEvent>> Begin(string runId, CancellationToken cancel) => Gated(runId, page =>
    {
        var queued = Event(0, new StatusChanged(Word(RunStatus.Draft), Word(RunStatus.Queued)));
        var (end, written) = log.Append(runId, page.End(log, runId), [queued]);
        page.Known = end;
        return Task.FromResult(written);
    }, cancel);

    /// <summary>A status as the API and the log write it.</summary>
    public static string Word(RunStatus status) => JsonNamingPolicy.CamelCase.ConvertName(status.ToString());

    private async Task<Run> Record(Page page, Run run, IReadOnlyList<NewEvent> events, Action<Run>? also, CancellationToken cancel)
    {
        IReadOnlyList<RunEvent> written = [];
        log.Hold(run.Id, page.End(log, run.Id).Seq);
        try
        {
            if (events.Count > 0) (page.Known, written) = log.Append(run.Id, page.End(log, run.Id), events);
            // Once the log has it, a caller who goes away must not keep it out of the rows.
            var row = await Apply(run.Id, written, also, written.Count > 0 ? CancellationToken.None : cancel);
            if (written.Count > 0) Recorded?.Invoke(row, written);
            return row;
        }
        finally
        {
            log.Release(run.Id);
            if (also is not null || written.Any(e => e.Type == StatusChanged.Type)) queue.Ring();
        }
    }

    private Task<Run> Apply(string runId, IReadOnlyList<RunEvent> events, Action<Run>? also, CancellationToken cancel) => store.WriteWhenFree(c =>
    {
        var row = c.Runs.Single(r => r.Id == runId);
        // Rows that could not follow earlier (a full disk, say) follow now.
        EventIndex.Apply(c, row, events.Count > 0 && events[0].Seq == row.LastSeq + 1 ? events : log.ReadAll(runId, row.LastSeq));
        if (also is not null)
        {
            also(row);
            row.Version++;
        }
        return row;
    }, cancel);

    private List<NewEvent>? Events(Run run, Decision decision)
    {
        var events = new List<NewEvent>();
        var status = run.Status;
        foreach (var trigger in decision.Triggers)
        {
            if (StateMachine.Next(status, trigger) is not { } next) return null;
            events.Add(Event(run.AttemptCount, (decision.Note ?? new StatusChanged("", "")) with { From = Word(status), To = Word(next) }));
            status = next;
        }
        return events;
    }

    private NewEvent Event(int attempt, StatusChanged change) =>
        new(time.GetUtcNow(), attempt, StatusChanged.Type, JsonSerializer.SerializeToElement(change, JobJson.Options));

    private async Task<Run?> Load(string runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        return await read.Runs.SingleOrDefaultAsync(r => r.Id == runId, cancel);
    }

    private async Task<T> Gated<T>(string runId, Func<Page, Task<T>> work, CancellationToken cancel)
    {
        var page = _pages.GetOrAdd(runId, _ => new Page());
        await page.Gate.WaitAsync(cancel);
        try
        {
            return await work(page);
        }
        finally
        {
            page.Gate.Release();
        }
    }

    private sealed class Page
    {
        public SemaphoreSlim Gate { get; } = new(1);
        public LogEnd? Known { get; set; }

        public LogEnd End(RunLog log, string runId) => Known ??= log.End(runId);
    }
}
