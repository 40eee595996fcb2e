using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>Which checkpoints of a run outlive it. While it works the worker keeps what it needs to resume.</summary>
public sealed record KeepPolicy(bool BestRobust = true, bool BestClean = true, bool Last = true)
{
    public static KeepPolicy Read(string? json) => json is null ? new() : JsonSerializer.Deserialize<KeepPolicy>(json, JobJson.Options) ?? new();

    internal bool Wants(IEnumerable<string> kept) =>
        kept.Any(k => k switch { "best-robust" => BestRobust, "best-clean" => BestClean, "last" => Last, _ => true });
}

/// <summary>Keeps rows and folders of checkpoints in step, and applies the keep policy when a run has completed.</summary>
public sealed class CheckpointKeeper(LabStore store, DataDirectory data, TimeProvider time)
{
    /// <summary>Marks the rows of checkpoints whose folder the worker has dropped.</summary>
    public Task Follow(string runId, CancellationToken cancel) =>
        Drop(runId, c => !Directory.Exists(Folder(c)), cancel);

    /// <summary>Deletes what the policy of the experiment does not want; one checkpoint always stays, and so do those that an evaluation reads or a model names.</summary>
    public async Task Prune(string runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        var json = await read.Runs.Where(r => r.Id == runId).Join(read.Experiments, r => r.ExperimentId, e => e.Id, (_, e) => e.KeepJson).SingleOrDefaultAsync(cancel);
        var policy = KeepPolicy.Read(json);
        var present = await read.Checkpoints.Where(c => c.RunId == runId && c.DeletedAt == null).OrderBy(c => c.Step).ToListAsync(cancel);
        var used = await read.Evaluations.Where(e => e.SourceRunId == runId).Select(e => e.CheckpointId)
            .Concat(read.ModelVersions.Where(v => read.Checkpoints.Any(c => c.Id == v.CheckpointId && c.RunId == runId)).Select(v => v.CheckpointId)).ToListAsync(cancel);
        var kept = present.Where(c => policy.Wants(Tags.Read(c.KeptList)) || used.Contains(c.Id)).DefaultIfEmpty(present.LastOrDefault()).ToList();
        await Drop(runId, c => kept.All(k => k?.Id != c.Id), cancel);
    }

    /// <summary>Where its files lie: under <c>models/</c> once a model names it, so that a run that goes on may drop its own.</summary>
    public string Folder(Checkpoint checkpoint) => Promoted(checkpoint.Id) is var kept && Directory.Exists(kept) ? kept
        : DataDirectory.Child(new JobFolder(data.Run(checkpoint.RunId)).Checkpoints, checkpoint.Name);

    /// <summary>Where the files of a checkpoint lie that a model names.</summary>
    public string Promoted(string checkpointId) => DataDirectory.Child(data.Model(checkpointId), "checkpoint");

    // Rows first: a checkpoint that a crash leaves half deleted is no longer offered.
    private async Task Drop(string runId, Func<Checkpoint, bool> unwanted, CancellationToken cancel)
    {
        var dropped = await store.WriteWhenFree(c =>
        {
            var rows = c.Checkpoints.Where(k => k.RunId == runId && k.DeletedAt == null).AsEnumerable().Where(unwanted).ToList();
            foreach (var row in rows) row.DeletedAt = time.GetUtcNow();
            return rows;
        }, cancel);
        foreach (var folder in dropped.Select(Folder).Where(Directory.Exists)) Directory.Delete(folder, recursive: true);
    }
}
