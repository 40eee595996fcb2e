using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Machine;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Queue;

/// <summary>What deleting an experiment for good frees.</summary>
/// <param name="Bytes">Of all files in the folders of its runs.</param>
public sealed record PurgeCost(string Id, long Bytes, int Files, int Runs);

/// <summary>Deletes for good what has lain in the trash as long as the retention policy says, or what a user purges.</summary>
public sealed class TrashBin(LabStore store, DataDirectory data, ModelCards models, TimeProvider time, QueueBell queue)
{
    /// <summary>Deletes a run in the trash with its folder.</summary>
    /// <exception cref="Refusal">404; 409 while it is not in the trash, or a model names one of its checkpoints.</exception>
    public async Task Purge(string runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        var run = await read.Runs.SingleOrDefaultAsync(r => r.Id == runId, cancel) ?? throw Refusal.NotFound("run", runId);
        if (run.TrashedAt is null) throw Refusal.InvalidTransition("only what lies in the trash can be purged; put it there first", ["delete"]);
        if (await Named(read, runId, cancel) is { } promoted)
            throw new Refusal(ProblemKinds.Conflict, $"its checkpoint {promoted.Checkpoint} is version {promoted.Number} of the model '{promoted.Model}'; delete that model for good first, or leave the run in the trash");
        await Delete([runId], cancel);
    }

    /// <summary>What purging an experiment would free.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<PurgeCost> Size(string experimentId, CancellationToken cancel)
    {
        await using var read = store.Read();
        if (!await read.Experiments.AnyAsync(x => x.Id == experimentId, cancel)) throw Refusal.NotFound("experiment", experimentId);
        var runs = await read.Runs.Where(r => r.ExperimentId == experimentId).Select(r => r.Id).ToListAsync(cancel);
        var files = runs.Select(id => new DirectoryInfo(data.Run(id))).Where(f => f.Exists).SelectMany(f => f.EnumerateFiles("*", SearchOption.AllDirectories)).ToList();
        return new PurgeCost(experimentId, files.Sum(f => f.Length), files.Count, runs.Count);
    }

    /// <summary>Deletes an experiment in the trash with all its runs and their folders.</summary>
    /// <exception cref="Refusal">404; 409 while it is not in the trash, or a run of it still works.</exception>
    public async Task PurgeExperiment(string experimentId, CancellationToken cancel)
    {
        await using var read = store.Read();
        var row = await read.Experiments.SingleOrDefaultAsync(x => x.Id == experimentId, cancel) ?? throw Refusal.NotFound("experiment", experimentId);
        if (row.TrashedAt is null) throw Refusal.InvalidTransition("only what lies in the trash can be purged; put it there first", ["delete"]);
        var runs = await read.Runs.Where(r => r.ExperimentId == experimentId).ToListAsync(cancel);
        if (runs.FirstOrDefault(r => StateMachine.HasWorker(r.Status)) is { } busy)
            throw Refusal.InvalidTransition($"its run {busy.Id} works; cancel it first", [RunActions.Word(RunAction.Cancel)]);
        await Delete([.. runs.Select(r => r.Id)], cancel);
        await store.WriteWhenFree(c =>
        {
            c.Experiments.RemoveRange(c.Experiments.Where(x => x.Id == experimentId));
            return true;
        }, CancellationToken.None);
    }

    /// <summary>Deletes what has lain long enough.</summary>
    internal async Task Empty(CancellationToken cancel)
    {
        await using var read = store.Read();
        var before = time.GetUtcNow().AddDays(-RetentionPolicy.Read(read).TrashDays);
        await DropModels(await read.Models.Where(m => m.TrashedAt < before).Select(m => m.Id).ToListAsync(cancel), cancel);
        await Delete(await read.Runs.Where(r => r.TrashedAt < before && !read.Checkpoints.Any(c => c.RunId == r.Id && read.ModelVersions.Any(v => v.CheckpointId == c.Id)))
            .Select(r => r.Id).ToListAsync(cancel), cancel);
        if (await read.Experiments.AnyAsync(x => x.TrashedAt < before, cancel))
            await store.WriteWhenFree(c =>
            {
                c.Experiments.RemoveRange(c.Experiments.Where(x => x.TrashedAt < before && !c.Runs.Any(r => r.ExperimentId == x.Id)));
                return true;
            }, cancel);
        if (await read.Sweeps.AnyAsync(s => s.TrashedAt < before, cancel))
            await store.WriteWhenFree(c =>
            {
                c.Sweeps.RemoveRange(c.Sweeps.Where(s => s.TrashedAt < before && !c.Experiments.Any(x => x.SweepId == s.Id)));
                return true;
            }, cancel);
    }

    /// <summary>Deletes models with their versions, and the files that were kept for them alone.</summary>
    internal async Task DropModels(IReadOnlyList<string> modelIds, CancellationToken cancel)
    {
        foreach (var id in modelIds)
        {
            var unnamed = await store.WriteWhenFree(c =>
            {
                var versions = c.ModelVersions.Where(v => v.ModelId == id).ToList();
                c.ModelVersions.RemoveRange(versions);
                c.Models.RemoveRange(c.Models.Where(m => m.Id == id));
                c.SaveChanges();
                return versions.Select(v => v.CheckpointId).Distinct().Where(k => !c.ModelVersions.Any(v => v.CheckpointId == k)).ToList();
            }, cancel);
            await models.Drop(id, CancellationToken.None);
            foreach (var folder in unnamed.Select(data.Model).Where(Directory.Exists)) Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(string Model, int Number, string Checkpoint)?> Named(LabContext read, string runId, CancellationToken cancel)
    {
        var found = await (from v in read.ModelVersions
                           join m in read.Models on v.ModelId equals m.Id
                           join c in read.Checkpoints on v.CheckpointId equals c.Id
                           where c.RunId == runId
                           select new { m.Name, v.Number, Checkpoint = c.Name }).FirstOrDefaultAsync(cancel);
        return found is null ? null : (found.Name, found.Number, found.Checkpoint);
    }

    // The folder goes first, renamed into the trash: without its folder a run does not come back into the index.
    private async Task Delete(IReadOnlyList<string> runIds, CancellationToken cancel)
    {
        foreach (var id in runIds)
        {
            if (Directory.Exists(data.Run(id))) Directory.Move(data.Run(id), data.Trashed(id));
            await store.WriteWhenFree(c => Forget(c, id), cancel);
            if (Directory.Exists(data.Trashed(id))) Directory.Delete(data.Trashed(id), recursive: true);
        }
        if (runIds.Count > 0) queue.Ring();
    }

    private static bool Forget(LabContext c, string id)
    {
        var series = c.MetricSeries.Where(s => s.RunId == id).ToList();
        var numbers = series.Select(s => s.Id).ToList();
        c.MetricChunks.RemoveRange(c.MetricChunks.Where(k => numbers.Contains(k.SeriesId)));
        c.MetricSeries.RemoveRange(series);
        c.Checkpoints.RemoveRange(c.Checkpoints.Where(k => k.RunId == id));
        c.Attempts.RemoveRange(c.Attempts.Where(a => a.RunId == id));
        c.AttackResults.RemoveRange(c.AttackResults.Where(a => a.EvaluationId == id));
        c.Evaluations.RemoveRange(c.Evaluations.Where(e => e.Id == id));
        c.Runs.RemoveRange(c.Runs.Where(r => r.Id == id));
        return true;
    }
}
