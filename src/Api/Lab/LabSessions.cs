using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using System.Text.Json;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Lab;

/// <summary>What the lab keeps for a while: a folder each, for one person, until it expires.</summary>
public sealed class LabSessions(LabStore store, DataDirectory data, IOptions<LabOptions> options, Ids ids, TimeProvider time)
{
    /// <summary>Begins a session with an empty folder; its row comes by <see cref="Keep"/>.</summary>
    public (LabSession Row, string Folder) Begin(string userId)
    {
        var now = time.GetUtcNow();
        var session = new LabSession { Id = ids.Next(), UserId = userId, CreatedAt = now, ExpiresAt = now.AddHours(options.Value.KeepHours) };
        return (session, Directory.CreateDirectory(data.LabSession(session.Id)).FullName);
    }

    /// <summary>Keeps a session and lets the named files be read.</summary>
    public Task Keep(LabSession session, IEnumerable<string> files)
    {
        session.ImagesJson = JsonSerializer.Serialize(files.Distinct());
        return store.Write(c => { c.LabSessions.Add(session); }, CancellationToken.None);
    }

    /// <summary>Lets other files of a kept session be read.</summary>
    public Task List(string id, IEnumerable<string> files)
    {
        var json = JsonSerializer.Serialize(files.Distinct());
        return store.WriteWhenFree(c =>
        {
            if (c.LabSessions.Find(id) is { } row) row.ImagesJson = json;
            return true;
        }, CancellationToken.None);
    }

    public void Drop(string id)
    {
        if (Directory.Exists(data.LabSession(id))) Directory.Delete(data.LabSession(id), recursive: true);
    }

    /// <summary>The folder of somebody's session.</summary>
    /// <param name="what">How a refusal calls it.</param>
    /// <exception cref="Refusal">404, also when it is somebody else's or has expired.</exception>
    public async Task<string> Folder(string id, string userId, string what, CancellationToken cancel)
    {
        await Owned(id, userId, what, cancel);
        return data.LabSession(id);
    }

    /// <summary>The path of one of its files.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<string> File(string id, string name, string userId, CancellationToken cancel) =>
        Named(await Owned(id, userId, "lab result", cancel), name);

    /// <summary>The folder of a session that a link shows.</summary>
    internal string Shared(string id) => data.LabSession(id);

    /// <summary>The path of one of its files.</summary>
    /// <exception cref="Refusal">404.</exception>
    internal async Task<string> SharedFile(string id, string name, CancellationToken cancel)
    {
        await using var rows = store.Read();
        return Named(await rows.LabSessions.FirstOrDefaultAsync(s => s.Id == id, cancel) ?? throw Refusal.NotFound("file", name), name);
    }

    /// <summary>Deletes what has expired and is not shared.</summary>
    public async Task Sweep(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await using var rows = store.Read();
        var shared = await Links(rows, now).ToListAsync(cancel);
        foreach (var id in await rows.LabSessions.Where(s => s.ExpiresAt < now && !shared.Contains(s.Id)).Select(s => s.Id).ToListAsync(cancel))
        {
            await store.Write(c => c.LabSessions.RemoveRange(c.LabSessions.Where(s => s.Id == id)), cancel);
            Drop(id);
        }
    }

    private string Named(LabSession session, string name) => JsonSerializer.Deserialize<string[]>(session.ImagesJson)!.Contains(name)
        ? DataDirectory.Child(data.LabSession(session.Id), name) : throw Refusal.NotFound("file", name);

    private async Task<LabSession> Owned(string id, string userId, string what, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var session = await rows.LabSessions.FirstOrDefaultAsync(s => s.Id == id && s.UserId == userId, cancel);
        if (session is null) throw Refusal.NotFound(what, id);
        var now = time.GetUtcNow();
        return session.ExpiresAt > now || await Links(rows, now).AnyAsync(target => target == id, cancel) ? session : throw Refusal.NotFound(what, id);
    }

    // Ids of results that a link still shows.
    private static IQueryable<string> Links(LabContext rows, DateTimeOffset now) => rows.Shares
        .Where(s => s.Kind == Shares.ShareService.Lab && s.RevokedAt == null && (s.ExpiresAt == null || s.ExpiresAt > now)).Select(s => s.TargetId);
}
