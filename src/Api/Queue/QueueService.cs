using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Queue;

/// <summary>The queue as a page shows it.</summary>
/// <param name="Paused">By a user.</param>
/// <param name="Held">Why nothing is started, as a sentence; null when things may start.</param>
/// <param name="Working">Runs with a worker.</param>
/// <param name="Waiting">In the order in which they will start.</param>
/// <param name="Version">The ETag of the order.</param>
public sealed record QueueView(bool Paused, string? Held, int Slots, IReadOnlyList<RunSummary> Working, IReadOnlyList<WaitingRun> Waiting, string Version);

/// <summary>A queued run.</summary>
/// <param name="Position">From 1.</param>
/// <param name="WhyWaiting">A sentence.</param>
public sealed record WaitingRun(int Position, string WhyWaiting, RunSummary Run);

/// <summary>A new order: waiting runs, first to start first. Those left out keep their order behind these.</summary>
public sealed record QueueOrder(IReadOnlyList<string> Order);

/// <summary>Shows and orders what waits.</summary>
public sealed class QueueService(LabStore store, RunService runs, QueueGate gate, QueueBell bell, IOptions<QueueOptions> options, TimeProvider time)
{
    public async Task<QueueView> Get(CancellationToken cancel)
    {
        await using var read = store.Read();
        var working = await read.Runs.Where(r => r.Status == RunStatus.Starting || r.Status == RunStatus.Running || r.Status == RunStatus.Pausing
            || r.Status == RunStatus.Finishing || r.Status == RunStatus.Cancelling).OrderBy(r => r.Id).ToListAsync(cancel);
        var waiting = await Waiting(read, cancel);
        var held = await gate.Closed(cancel);
        return new QueueView(await gate.IsPaused(cancel), held, options.Value.Slots, [.. working.Select(runs.Summary)],
            [.. waiting.Select((r, i) => new WaitingRun(i + 1, Why(r, waiting, working, held), runs.Summary(r)))], Version(waiting));
    }

    /// <summary>Moves waiting runs. A run that carries a higher priority than one now before it is lowered to that, so that the order given holds.</summary>
    /// <exception cref="Refusal">400 names an id that does not wait; 412 when the order has changed meanwhile.</exception>
    public async Task<QueueView> Reorder(QueueOrder order, IfMatch expected, CancellationToken cancel)
    {
        await using (var read = store.Read()) expected.Require(Version(await Waiting(read, cancel)));
        await store.Write(c =>
        {
            var rows = c.Runs.Where(r => r.Status == RunStatus.Queued && r.TrashedAt == null).OrderByDescending(r => r.Priority).ThenBy(r => r.QueuePosition).ThenBy(r => r.Id).ToList();
            var strangers = order.Order.Select((id, i) => (id, i)).Where(o => rows.All(r => r.Id != o.id)).ToList();
            if (strangers.Count > 0) throw Refusal.Invalid(strangers.Select(s => ($"order[{s.i}]", $"run '{s.id}' does not wait in the queue")));
            if (order.Order.Distinct().Count() < order.Order.Count) throw Refusal.Invalid("order", "names a run twice");
            var sorted = order.Order.Select(id => rows.Single(r => r.Id == id)).ToList();
            sorted.AddRange(rows.Except(sorted));
            // A later run must not carry a higher priority than an earlier one.
            for (var i = 0; i < sorted.Count; i++)
            {
                sorted[i].QueuePosition = i + 1;
                if (i > 0) sorted[i].Priority = Math.Min(sorted[i].Priority, sorted[i - 1].Priority);
            }
        }, cancel);
        bell.Ring();
        return await Get(cancel);
    }

    /// <summary>Starts nothing more until resumed; what works goes on.</summary>
    public Task Pause(CancellationToken cancel) => gate.SetPaused(true, cancel);

    public Task Resume(CancellationToken cancel) => gate.SetPaused(false, cancel);

    private static Task<List<Run>> Waiting(LabContext read, CancellationToken cancel) => read.Runs
        .Where(r => r.Status == RunStatus.Queued && r.TrashedAt == null)
        .OrderByDescending(r => r.Priority).ThenBy(r => r.QueuePosition).ThenBy(r => r.Id).ToListAsync(cancel);

    private static string Version(IEnumerable<Run> waiting) => ((uint)string.Join(' ', waiting.Select(r => r.Id)).Aggregate(17, (h, c) => h * 31 + c)).ToString("x", CultureInfo.InvariantCulture);

    private string Why(Run run, List<Run> waiting, List<Run> working, string? held)
    {
        if (held is not null) return held;
        if (run.NotBefore is { } until && until > time.GetUtcNow())
            return string.Create(CultureInfo.InvariantCulture, $"Starts again in {Math.Ceiling((until - time.GetUtcNow()).TotalSeconds):0} s: {run.StatusReason ?? "its last attempt was lost"}.");
        var ahead = waiting.TakeWhile(r => r.Id != run.Id).Count(r => (r.Kind == RunKind.Import) == (run.Kind == RunKind.Import));
        var busy = working.Where(r => (r.Kind == RunKind.Import) == (run.Kind == RunKind.Import)).ToList();
        if (busy.Count == 0 && ahead == 0) return "Starts now.";
        var slots = run.Kind == RunKind.Import ? "The import slot is" : options.Value.Slots == 1 ? "The compute slot is" : $"All {options.Value.Slots} compute slots are";
        return ahead == 0 ? $"{slots} taken by {busy.FirstOrDefault()?.Name ?? "another run"}; next in line." : $"{ahead} {(ahead == 1 ? "run is" : "runs are")} ahead of it.";
    }
}
