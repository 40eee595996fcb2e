using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>A browser that is signed in.</summary>
/// <param name="Agent">What the browser calls itself.</param>
/// <param name="Current">The one that asks.</param>
public sealed record SessionEntry(string Id, DateTimeOffset StartedAt, DateTimeOffset SeenAt, string? Address, string? Agent, bool Current);

/// <summary>
/// Which sessions of a user live. A cookie names its session, and a session that is struck off this list ends with the next request.
/// Kept as one setting per user; a change of the user's stamp (password, role) ends them all.
/// </summary>
public sealed class SessionList(LabStore store, Ids ids, TimeProvider time)
{
    /// <summary>Sessions of one user; the one unseen for longest makes room.</summary>
    public const int Most = 20;
    private const int MaxAgent = 200;
    private static readonly TimeSpan SeenNoted = TimeSpan.FromMinutes(1), Life = TimeSpan.FromDays(14);

    /// <returns>The id of a new session.</returns>
    public Task<string> Begin(User user, string? address, string? agent, CancellationToken cancel) => store.Write(rows =>
    {
        var now = time.GetUtcNow();
        var begun = new Kept(ids.Next(), user.SecurityStamp, now, now, address, agent is { Length: > MaxAgent } ? agent[..MaxAgent] : agent);
        Write(rows, user.Id, [begun, .. Living(Read(rows, user.Id), user.SecurityStamp).OrderByDescending(s => s.SeenAt).Take(Most - 1)]);
        return begun.Id;
    }, cancel);

    /// <summary>Whether a session may go on; notes about once a minute that it was seen.</summary>
    public async Task<bool> Lives(User user, string? sessionId, CancellationToken cancel)
    {
        await using var read = store.Read();
        var now = time.GetUtcNow();
        if (Living(Read(read, user.Id), user.SecurityStamp).FirstOrDefault(s => s.Id == sessionId) is not { } found) return false;
        if (now - found.SeenAt > SeenNoted)
            await store.Write(rows => Write(rows, user.Id, Read(rows, user.Id).Select(s => s.Id == sessionId ? s with { SeenAt = now } : s)), cancel);
        return true;
    }

    /// <summary>A user's sessions, the one seen last first.</summary>
    public async Task<IReadOnlyList<SessionEntry>> List(string userId, string? current, CancellationToken cancel)
    {
        await using var read = store.Read();
        var user = await read.Users.FirstOrDefaultAsync(u => u.Id == userId, cancel) ?? throw Refusal.NotFound("user", userId);
        return [.. Living(Read(read, userId), user.SecurityStamp).OrderByDescending(s => s.SeenAt)
            .Select(s => new SessionEntry(s.Id, s.StartedAt, s.SeenAt, s.Address, s.Agent, s.Id == current))];
    }

    /// <summary>Ends one session.</summary>
    /// <exception cref="Refusal">404.</exception>
    public Task End(string userId, string sessionId, CancellationToken cancel) => store.Write(rows =>
    {
        var kept = Read(rows, userId);
        if (kept.All(s => s.Id != sessionId)) throw Refusal.NotFound("session", sessionId);
        Write(rows, userId, kept.Where(s => s.Id != sessionId));
    }, cancel);

    /// <summary>Ends every session but one.</summary>
    /// <returns>How many ended.</returns>
    public Task<int> EndOthers(string userId, string? current, CancellationToken cancel) => store.Write(rows =>
    {
        var kept = Read(rows, userId);
        Write(rows, userId, kept.Where(s => s.Id == current));
        return kept.Count(s => s.Id != current);
    }, cancel);

    private static string Key(string userId) => $"sessions:{userId}";

    private static IReadOnlyList<Kept> Read(LabContext rows, string userId) =>
        rows.Settings.Find(Key(userId)) is { } row ? JsonSerializer.Deserialize<List<Kept>>(row.Value, Json.Options) ?? [] : [];

    private IEnumerable<Kept> Living(IEnumerable<Kept> kept, string stamp) => kept.Where(s => s.Stamp == stamp && s.SeenAt + Life > time.GetUtcNow());

    private static void Write(LabContext rows, string userId, IEnumerable<Kept> kept)
    {
        var json = JsonSerializer.Serialize(kept.ToList(), Json.Options);
        if (rows.Settings.Find(Key(userId)) is { } row) row.Value = json;
        else rows.Settings.Add(new Setting { Key = Key(userId), Value = json });
    }

    private sealed record Kept(string Id, string Stamp, DateTimeOffset StartedAt, DateTimeOffset SeenAt, string? Address, string? Agent);
}
