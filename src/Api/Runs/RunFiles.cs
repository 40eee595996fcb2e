using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Runs;

/// <summary>A checkpoint and its files.</summary>
/// <param name="Kept">Why it is kept: <c>best-robust</c>, <c>best-clean</c>, <c>last</c>.</param>
/// <param name="Files">Empty once it is deleted.</param>
public sealed record CheckpointView(string Id, string RunId, string Name, int Epoch, long Step, long Bytes, string Sha256, IReadOnlyList<string> Kept,
    double? CleanAccuracy, double? RobustAccuracy, DateTimeOffset CreatedAt, DateTimeOffset? DeletedAt, IReadOnlyList<CheckpointFileView> Files);

public sealed record CheckpointFileView(string Name, long Bytes);

/// <summary>A file to send.</summary>
/// <param name="Path">On the server; never shown.</param>
/// <param name="Version">The ETag without quotes: SHA-256 where known.</param>
public sealed record ServedFile(string Path, string Name, string Version, DateTimeOffset ChangedAt);

/// <summary>Sample images of an epoch; the files are served under <c>/runs/{id}/images/</c>.</summary>
public sealed record EpochImages(int Epoch, IReadOnlyList<SampleImage> Items);

/// <summary>What lies in a run's folder: checkpoints and images. Files are found by id and known name; no path comes from a caller.</summary>
public sealed class RunFiles(LabStore store, RunLog log, CheckpointKeeper keeper, DataDirectory data)
{
    public async Task<IReadOnlyList<CheckpointView>> Checkpoints(string runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        await RunService.Find(read, runId, cancel);
        var rows = await read.Checkpoints.Where(c => c.RunId == runId && c.DeletedAt == null).OrderByDescending(c => c.Step).ToListAsync(cancel);
        return [.. rows.Select(View)];
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<CheckpointView> Checkpoint(string id, CancellationToken cancel) => View(await FindCheckpoint(id, cancel));

    /// <exception cref="Refusal">404, 410.</exception>
    public async Task<ServedFile> CheckpointFile(string id, string name, CancellationToken cancel)
    {
        var row = await FindCheckpoint(id, cancel);
        if (row.DeletedAt is not null) throw new Refusal(ProblemKinds.Gone, "this checkpoint was deleted; the run keeps its best and its last");
        var path = Listed(keeper.Folder(row)).FirstOrDefault(f => Path.GetFileName(f) == name) ?? throw Refusal.NotFound("file", name);
        return Serve(path, name == "weights.safetensors" ? row.Sha256 : null);
    }

    /// <summary>A picture named by a <c>sampleImages</c> event.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<ServedFile> Image(string runId, string name, CancellationToken cancel)
    {
        await using var read = store.Read();
        await RunService.Find(read, runId, cancel);
        var path = Listed(new JobFolder(data.Run(runId)).Images).FirstOrDefault(f => Path.GetFileName(f) == name) ?? throw Refusal.NotFound("image", name);
        return Serve(path, null);
    }

    /// <summary>The sample images of every epoch that has some; where a resumed attempt made them again, the newer ones.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<IReadOnlyList<EpochImages>> Galleries(string runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        await RunService.Find(read, runId, cancel);
        var galleries = new SortedDictionary<int, EpochImages>();
        foreach (var images in log.Told(runId).Where(e => e.Type == "sampleImages").Select(e => e.Read<SampleImages>()))
        {
            foreach (var later in galleries.Keys.Where(epoch => epoch >= images.Epoch).ToList()) galleries.Remove(later);
            galleries[images.Epoch] = new EpochImages(images.Epoch, images.Items);
        }
        return [.. galleries.Values];
    }

    private async Task<Checkpoint> FindCheckpoint(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        return await read.Checkpoints.SingleOrDefaultAsync(c => c.Id == id, cancel) ?? throw Refusal.NotFound("checkpoint", id);
    }

    private CheckpointView View(Checkpoint c) => new(c.Id, c.RunId, c.Name, c.Epoch, c.Step, c.Bytes, c.Sha256, Tags.Read(c.KeptList), c.CleanAccuracy, c.RobustAccuracy,
        c.CreatedAt, c.DeletedAt, c.DeletedAt is null ? [.. Listed(keeper.Folder(c)).Select(f => new CheckpointFileView(Path.GetFileName(f), new FileInfo(f).Length))] : []);

    private static IEnumerable<string> Listed(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal) : [];

    private static ServedFile Serve(string path, string? sha256)
    {
        var file = new FileInfo(path);
        return new ServedFile(path, file.Name, sha256 ?? $"{file.Length:x}-{file.LastWriteTimeUtc.Ticks:x}", file.LastWriteTimeUtc);
    }
}
