using Microsoft.EntityFrameworkCore;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>Deletes checkpoints that nothing keeps any more. Those that an evaluation reads, or that a later attempt resumes from, stay.</summary>
public sealed class CheckpointKeeper(LabStore store, DataDirectory data, TimeProvider time)
{
    public async Task Prune(string runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        var candidates = await read.Checkpoints.Where(c => c.RunId == runId && c.DeletedAt == null).ToListAsync(cancel);
        var newest = candidates.MaxBy(c => (c.Step, c.CreatedAt));
        var used = await read.Evaluations.Where(e => e.SourceRunId == runId).Select(e => e.CheckpointId).ToListAsync(cancel);
        var unused = candidates.Where(c => c.KeptList.Length == 0 && c != newest && !used.Contains(c.Id)).ToList();
        if (unused.Count == 0) return;

        // Rows first: a checkpoint that a crash leaves half deleted is no longer offered.
        var ids = unused.Select(c => c.Id).ToList();
        await store.WriteWhenFree(c =>
        {
            foreach (var row in c.Checkpoints.Where(row => ids.Contains(row.Id))) row.DeletedAt = time.GetUtcNow();
            return true;
        }, cancel);
        foreach (var folder in unused.Select(c => DataDirectory.Child(new JobFolder(data.Run(runId)).Checkpoints, c.Name)).Where(Directory.Exists))
            Directory.Delete(folder, recursive: true);
    }
}
