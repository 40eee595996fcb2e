using Microsoft.EntityFrameworkCore;
using WebLab.Api.Store;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>Keeps a file beside each model's row and makes rows of files again.</summary>
public sealed class ModelCards(LabStore store, DataDirectory data, ILogger<ModelCards> logger) : IDisposable
{
    // One at a time: the last to write has read the newest rows.
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Writes down how a model stands in the index.</summary>
    public Task Write(string modelId, CancellationToken cancel) => InTurn(async () =>
    {
        await using var read = store.Read();
        if (await read.Models.FirstOrDefaultAsync(m => m.Id == modelId, cancel) is not { } row) return;
        var rows = await read.ModelVersions.Where(v => v.ModelId == modelId).OrderBy(v => v.Number).ToListAsync(cancel);
        var (path, indexed) = (data.ModelCard(modelId), rows.Select(v => v.Id).ToHashSet());
        // A version whose checkpoint is not in the index stays written down: its run may come back.
        var bytes = JobJson.Bytes(ModelCard.Of(row, rows.Select(VersionCard.Of).Concat(ModelCard.Read(path)?.Versions.Where(v => !indexed.Contains(v.Id)) ?? [])));
        var written = File.Exists(path) ? await File.ReadAllBytesAsync(path, cancel) : [];
        if (!bytes.AsSpan().SequenceEqual(written)) Durable.Replace(path, bytes);
    }, cancel);

    /// <summary>Forgets a model that has no row any more.</summary>
    public Task Drop(string modelId, CancellationToken cancel) => InTurn(() =>
    {
        File.Delete(data.ModelCard(modelId));
        return Task.CompletedTask;
    }, cancel);

    /// <summary>Indexes what the files know and the index does not, then writes what the files lack. Runs come first: versions name their checkpoints.</summary>
    public async Task Follow(CancellationToken cancel)
    {
        foreach (var path in Directory.EnumerateFiles(data.Models, "*.json").Order(StringComparer.Ordinal))
        {
            if (ModelCard.Read(path) is not { } card || card.Id != Path.GetFileNameWithoutExtension(path)) logger.LogWarning("{File} is not a whole model and is left alone", path);
            else await store.WriteWhenFree(c => Index(c, card), cancel);
        }
        await using var read = store.Read();
        foreach (var id in await read.Models.Select(m => m.Id).ToListAsync(cancel)) await Write(id, cancel);
    }

    public void Dispose() => _turn.Dispose();

    private bool Index(LabContext c, ModelCard card)
    {
        var row = c.Models.Find(card.Id);
        if (row is null && c.Models.Any(m => m.Name == card.Name))
        {
            logger.LogWarning("Another model is named {Name}; that of {Id} is left alone", card.Name, card.Id);
            return false;
        }
        if (row is null) c.Models.Add(card.ToRow());
        else if (card.Version > row.Version) card.Onto(row);
        foreach (var version in card.Versions)
        {
            if (c.ModelVersions.Find(version.Id) is { } known)
            {
                if (version.Version > known.Version) version.Onto(known);
            }
            else if (c.Checkpoints.Find(version.CheckpointId) is null || c.ModelVersions.Any(v => v.ModelId == card.Id && v.Number == version.Number))
                logger.LogWarning("Version {Number} of the model {Name} is left alone: its checkpoint {Checkpoint} is not in the index", version.Number, card.Name, version.CheckpointId);
            else c.ModelVersions.Add(version.ToRow(card.Id));
        }
        return true;
    }

    private async Task InTurn(Func<Task> act, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            await act();
        }
        finally
        {
            _turn.Release();
        }
    }
}
