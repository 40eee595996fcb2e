using Microsoft.EntityFrameworkCore;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>Makes the index follow the folders of runs and the files of models, which are the truth.</summary>
public sealed class IndexRebuild(LabStore store, DataDirectory data, Journal journal, RunLog log, CheckpointKeeper keeper, ModelCards models, ILogger<IndexRebuild> logger)
{
    // So many runs are read ahead of the store, which puts what waits into one transaction; a long log holds as many events in memory.
    private const int Ahead = 64;

    /// <summary>Indexes folders that have no row (all of them when the database is new) and lets rows of unfinished runs catch up with their logs.</summary>
    public async Task Follow(CancellationToken cancel)
    {
        await using var read = store.Read();
        var known = (await read.Runs.Select(r => r.Id).ToListAsync(cancel)).ToHashSet();
        var waiting = new Queue<Task<bool>>();
        var indexed = 0;
        foreach (var id in Directory.EnumerateDirectories(data.Runs).Select(f => Path.GetFileName(f)!).Where(id => Ids.IsId(id) && !known.Contains(id)).Order(StringComparer.Ordinal))
        {
            waiting.Enqueue(Index(id, cancel));
            while (waiting.Count >= Ahead || waiting.TryPeek(out var first) && first.IsCompleted) indexed += await waiting.Dequeue() ? 1 : 0;
        }

        while (waiting.TryDequeue(out var next)) indexed += await next ? 1 : 0;
        if (indexed > 0) logger.LogInformation("Indexed {Count} runs from their folders", indexed);
        var unfinished = await read.Runs.Where(r => r.Status != RunStatus.Completed && r.Status != RunStatus.Cancelled && r.Status != RunStatus.Failed)
            .Select(r => r.Id).ToListAsync(cancel);
        foreach (var id in unfinished) await journal.CatchUp(id, cancel);
        await models.Follow(cancel);
    }

    private async Task<bool> Index(string id, CancellationToken cancel)
    {
        var job = new JobFolder(data.Run(id));
        var request = File.Exists(job.Recipe) ? job.Recipe : job.Request;
        if (RunCard.Read(job) is not { } card || card.Id != id || !File.Exists(request))
        {
            logger.LogWarning("{Folder} is not a whole run and is left alone", job.Path);
            return false;
        }
        var row = card.ToRow(File.ReadAllText(request));
        var sweep = SweepCard.Read(job);
        var events = log.Read(id, 0);
        await store.WriteWhenFree(c =>
        {
            row.QueuePosition = (c.Runs.Max(r => (double?)r.QueuePosition) ?? 0) + 1;
            c.Runs.Add(row);
            if (card.Experiment is { } experiment && c.Experiments.Find(experiment.Id) is null) c.Experiments.Add(experiment.ToRow());
            if (sweep is not null && c.Sweeps.Find(sweep.Id) is null) c.Sweeps.Add(sweep.ToRow());
            if (card.Evaluation is { } evaluation) c.Evaluations.Add(evaluation.ToRow(id, card.CreatedAt));
            EventIndex.Apply(c, row, events);
            foreach (var checkpoint in c.Checkpoints.Local.Where(k => k.RunId == id && !Directory.Exists(keeper.Folder(k))))
                checkpoint.DeletedAt = checkpoint.CreatedAt;
            return true;
        }, cancel);
        // A folder whose first event was never written was not yet queued.
        if (row.Status == RunStatus.Draft) await journal.Move(id, _ => Decision.Of(Trigger.Queue), cancel);
        return true;
    }
}
