using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;
using WebLab.Engine.Training;

namespace WebLab.Api.Lab;

/// <summary>A checkpoint that can be attacked: its row, whose it is, its folder and what stands in it.</summary>
public sealed record LabCheckpoint(Checkpoint Row, string RunName, string? Architecture, string? Method, string Folder, CheckpointManifest Manifest);

/// <summary>Finds networks for the lab.</summary>
public sealed class LabCheckpoints(LabStore store, CheckpointKeeper keeper)
{
    /// <exception cref="Refusal">404; 410 when it was deleted; 409 when its files are missing.</exception>
    public async Task<LabCheckpoint> Find(string id, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var row = await rows.Checkpoints.FirstOrDefaultAsync(c => c.Id == id, cancel) ?? throw Refusal.NotFound("checkpoint", id);
        if (row.DeletedAt is not null)
            throw new Refusal(ProblemKinds.Gone, "this checkpoint was deleted; the run keeps its best and its last");
        return Open(row, await Owner(rows, row.RunId, cancel))
            ?? throw new Refusal(ProblemKinds.Conflict, "the checkpoint is missing or damaged; choose another one");
    }

    /// <summary>All that a run still has, by step; those whose files are damaged are left out.</summary>
    /// <exception cref="Refusal">404; 409 when it has none.</exception>
    public async Task<IReadOnlyList<LabCheckpoint>> Of(string runId, CancellationToken cancel)
    {
        await using var rows = store.Read();
        if (!await rows.Runs.AnyAsync(r => r.Id == runId, cancel)) throw Refusal.NotFound("run", runId);
        var owner = await Owner(rows, runId, cancel);
        var kept = await rows.Checkpoints.Where(c => c.RunId == runId && c.DeletedAt == null).OrderBy(c => c.Step).ToListAsync(cancel);
        List<LabCheckpoint> found = [.. kept.Select(row => Open(row, owner)).OfType<LabCheckpoint>()];
        return found.Count > 0 ? found : throw new Refusal(ProblemKinds.Conflict, "this run has no checkpoint; its first comes after an epoch");
    }

    private LabCheckpoint? Open(Checkpoint row, (string Name, string? Architecture, string? Method) owner)
    {
        var folder = keeper.Folder(row);
        try
        {
            return new LabCheckpoint(row, owner.Name, owner.Architecture, owner.Method, folder,
                JobJson.Read<CheckpointManifest>(DataDirectory.Child(folder, CheckpointManifest.FileName)));
        }
        catch (JobFailure)
        {
            return null;
        }
    }

    private static async Task<(string Name, string? Architecture, string? Method)> Owner(LabContext rows, string runId, CancellationToken cancel)
    {
        var found = await (from r in rows.Runs
                           join e in rows.Experiments on r.ExperimentId equals e.Id into experiments
                           from e in experiments.DefaultIfEmpty()
                           where r.Id == runId
                           select new { r.Name, e!.Architecture, e.Method }).FirstOrDefaultAsync(cancel);
        return (found?.Name ?? "", found?.Architecture, found?.Method);
    }
}
