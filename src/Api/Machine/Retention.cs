using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Machine;

/// <summary>One sort of thing that a policy lets go.</summary>
/// <param name="What"><c>trash</c>, <c>events</c>, <c>logs</c>, <c>backups</c> or <c>audit</c>.</param>
/// <param name="Count">How many runs, files or entries.</param>
/// <param name="Bytes">That this frees; of <c>logs</c>, which are packed and not deleted, about.</param>
public sealed record Expired(string What, int Count, long Bytes);

/// <summary>What a policy would delete, or pack, now.</summary>
/// <param name="FreeBytes">Free on the volume at the moment.</param>
public sealed record RetentionPreview(RetentionPolicy Policy, IReadOnlyList<Expired> Items, long Bytes, long FreeBytes);

/// <summary>Says what a policy lets go, and lets it go. Preview and deed choose by the same code.</summary>
public sealed class Retention(LabStore store, DataDirectory data, TrashBin trash, RunLog log, TimeProvider time)
{
    public RetentionPolicy Get()
    {
        using var rows = store.Read();
        return RetentionPolicy.Read(rows);
    }

    /// <summary>Changes the policy; it holds from the next housekeeping on, within ten minutes.</summary>
    /// <exception cref="Refusal">400 with every field that is wrong; 412, 428.</exception>
    public Task<RetentionPolicy> Change(RetentionPatch patch, IfMatch expected, CancellationToken cancel) => store.Write(rows =>
    {
        var now = RetentionPolicy.Read(rows);
        expected.Require(now.Version);
        var next = now.With(patch);
        RetentionPolicy.Write(rows, next);
        return next;
    }, cancel);

    /// <summary>What would be deleted if the policy were changed so; nothing is.</summary>
    /// <exception cref="Refusal">400 with every field that is wrong.</exception>
    public async Task<RetentionPreview> Preview(RetentionPatch patch, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var policy = RetentionPolicy.Read(rows).With(patch);
        var trashed = await Trashed(rows, policy, cancel);
        var worked = (await Worked(rows, policy, cancel)).Select(Size).Where(b => b > 0).ToList();
        var logs = (await Ended(rows, policy.LogDays, cancel)).Select(id => log.Packable(id, Unread)).Where(b => b > 0).ToList();
        var audit = await Old(rows, policy).CountAsync(cancel);
        Expired[] items =
        [
            new("trash", trashed.Count, trashed.Sum(id => Size(data.Run(id)))),
            new("events", worked.Count, worked.Sum()),
            new("logs", logs.Count, logs.Sum()),
            new("backups", Surplus(policy).Count, Surplus(policy).Sum(f => f.Length)),
            new("audit", audit, 0),
        ];
        return new RetentionPreview(policy, items, items.Sum(i => i.Bytes), data.FreeBytes());
    }

    /// <summary>Deletes what the policy lets go. The scheduler empties the trash by the same policy.</summary>
    internal async Task Sweep(CancellationToken cancel)
    {
        await using var rows = store.Read();
        var policy = RetentionPolicy.Read(rows);
        await trash.Empty(cancel);
        foreach (var folder in await Worked(rows, policy, cancel))
            foreach (var file in RawFiles(folder)) file.Delete();
        foreach (var id in await Ended(rows, policy.LogDays, cancel)) log.Pack(id, Unread);
        foreach (var copy in Surplus(policy)) copy.Delete();
        var before = time.GetUtcNow().AddDays(-policy.EventDays);
        await store.Write(c =>
        {
            c.Audit.RemoveRange(Old(c, policy));
            c.Notifications.RemoveRange(c.Notifications.Where(n => n.CreatedAt < before));
            c.WebhookDeliveries.RemoveRange(c.WebhookDeliveries.Where(d => d.CreatedAt < before));
        }, cancel);
    }

    private IQueryable<AuditEntry> Old(LabContext rows, RetentionPolicy policy)
    {
        var before = time.GetUtcNow().AddDays(-policy.AuditDays);
        return rows.Audit.Where(a => a.At < before);
    }

    private Task<List<string>> Trashed(LabContext rows, RetentionPolicy policy, CancellationToken cancel)
    {
        var before = time.GetUtcNow().AddDays(-policy.TrashDays);
        return rows.Runs.Where(r => r.TrashedAt <= before).Select(r => r.Id).ToListAsync(cancel);
    }

    // Folders of attempts whose news stand in the run's own log, which is the truth.
    private async Task<IReadOnlyList<string>> Worked(LabContext rows, RetentionPolicy policy, CancellationToken cancel) =>
        [.. (await Ended(rows, policy.EventDays, cancel)).Select(data.Run).Where(Directory.Exists).SelectMany(f => Directory.EnumerateDirectories(f, "attempt-*"))];

    private Task<List<string>> Ended(LabContext rows, int days, CancellationToken cancel)
    {
        var before = time.GetUtcNow().AddDays(-days);
        return rows.Runs.Where(r => r.FinishedAt < before && (r.Status == RunStatus.Completed || r.Status == RunStatus.Cancelled || r.Status == RunStatus.Failed))
            .Select(r => r.Id).ToListAsync(cancel);
    }

    // A log that was unpacked for a reader stays so for a day.
    private DateTimeOffset Unread => time.GetUtcNow().AddDays(-1);

    private IReadOnlyList<FileInfo> Surplus(RetentionPolicy policy) =>
        [.. new DirectoryInfo(data.Backups).EnumerateFiles("weblab-*.db").OrderByDescending(f => f.Name, StringComparer.Ordinal).Skip(policy.Backups)];

    private static IEnumerable<FileInfo> RawFiles(string attempt) =>
        new DirectoryInfo(attempt).EnumerateFiles().Where(f => f.Name is "outbox.jsonl" or "console.log" or "control.jsonl" or "beat.json");

    private static long Size(string folder) => !Directory.Exists(folder) ? 0
        : Path.GetFileName(folder).StartsWith("attempt-", StringComparison.Ordinal) ? RawFiles(folder).Sum(f => f.Length)
        : new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
}
