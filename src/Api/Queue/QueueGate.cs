using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebLab.Api.Machine;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Queue;

/// <summary>Whether the queue may start anything: closed by a user's pause or by the disk guard.</summary>
public sealed class QueueGate(LabStore store, DataDirectory data, IOptions<QueueOptions> options, QueueBell bell)
{
    private const string PausedKey = "queue.paused";

    /// <summary>Null when open; else why nothing is started, as a sentence for people.</summary>
    public async Task<string?> Closed(CancellationToken cancel)
    {
        var (free, wanted) = (data.FreeBytes(), MinFreeBytes());
        if (free < wanted)
            return string.Create(CultureInfo.InvariantCulture,
                $"The disk guard holds the queue: {free / 1e9:0.0} GB are free, at least {wanted / 1e9:0.0} GB are wanted. Delete runs or empty the trash.");
        return await IsPaused(cancel) ? "The queue is paused." : null;
    }

    /// <summary>Free bytes below which nothing is started: what the retention policy says, else the configuration.</summary>
    public long MinFreeBytes()
    {
        using var read = store.Read();
        return RetentionPolicy.Read(read).MinFreeBytes ?? options.Value.MinFreeBytes;
    }

    public async Task<bool> IsPaused(CancellationToken cancel)
    {
        await using var read = store.Read();
        return await read.Settings.AnyAsync(s => s.Key == PausedKey && s.Value == "true", cancel);
    }

    public async Task SetPaused(bool paused, CancellationToken cancel)
    {
        await store.Write(c =>
        {
            if (c.Settings.Find(PausedKey) is { } row) row.Value = paused ? "true" : "false";
            else c.Settings.Add(new Setting { Key = PausedKey, Value = paused ? "true" : "false" });
        }, cancel);
        bell.Ring();
    }
}
