using System.Text.Json;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Machine;

/// <summary>What is kept, and for how long.</summary>
/// <param name="TrashDays">Days for which something lies in the trash before it is deleted for good: 0 to 3,650.</param>
/// <param name="EventDays">Days after its end for which a run keeps its workers' raw outboxes and consoles, and for which notices and webhook deliveries are kept: 1 to 3,650. The run's own log stays.</param>
/// <param name="AuditDays">Days for which entries of the audit trail are kept: 30 to 3,650.</param>
/// <param name="Keep">Checkpoints that a completed run keeps, where a new experiment does not say.</param>
/// <param name="Backups">Copies of the database that are kept under backups/, the newest: 1 to 1,000.</param>
/// <param name="LogDays">Days after its end for which the log of a run (<c>events.jsonl</c>) lies ready; then it is packed to a small part of its size, whole, until somebody reads it: 1 to 3,650.</param>
/// <param name="MinFreeBytes">The queue starts nothing below this many free bytes; null: what the configuration says.</param>
public sealed record RetentionPolicy(int TrashDays, int EventDays, int AuditDays, KeepPolicy Keep, int Backups, long? MinFreeBytes, int LogDays = RetentionPolicy.UsualLogDays)
{
    private const int UsualLogDays = 90;

    private const string Key = "retention";

    public static readonly RetentionPolicy Default = new(14, 30, 365, new KeepPolicy(), 10, null);

    /// <summary>The policy that holds now.</summary>
    public static RetentionPolicy Read(LabContext rows) =>
        rows.Settings.Find(Key) is { } row ? JsonSerializer.Deserialize<RetentionPolicy>(row.Value, Json.Options) ?? Default : Default;

    /// <summary>Stores a policy.</summary>
    internal static void Write(LabContext rows, RetentionPolicy policy)
    {
        var json = JsonSerializer.Serialize(policy, Json.Options);
        if (rows.Settings.Find(Key) is { } row) row.Value = json;
        else rows.Settings.Add(new Setting { Key = Key, Value = json });
    }

    /// <summary>The ETag without quotes.</summary>
    internal string Version => ((uint)JsonSerializer.Serialize(this, Json.Options).Aggregate(17, (h, c) => h * 31 + c)).ToString("x");

    /// <exception cref="Refusal">400 with every field that is wrong.</exception>
    public RetentionPolicy With(RetentionPatch patch)
    {
        var next = new RetentionPolicy(patch.TrashDays ?? TrashDays, patch.EventDays ?? EventDays, patch.AuditDays ?? AuditDays, patch.Keep ?? Keep, patch.Backups ?? Backups,
            patch.MinFreeBytes ?? MinFreeBytes, patch.LogDays ?? LogDays);
        var wrong = new List<(string, string)>();
        Range("trashDays", next.TrashDays, 0, 3650);
        Range("eventDays", next.EventDays, 1, 3650);
        Range("logDays", next.LogDays, 1, 3650);
        Range("auditDays", next.AuditDays, 30, 3650);
        Range("backups", next.Backups, 1, 1000);
        if (next.MinFreeBytes is { } free) Range("minFreeBytes", free, 0, 1L << 50);
        if (next.Keep is { BestClean: false, BestRobust: false, Last: false }) wrong.Add(("keep", "keeps nothing; wanted at least one of bestRobust, bestClean, last"));
        return wrong.Count == 0 ? next : throw Refusal.Invalid(wrong);

        void Range(string path, long value, long least, long most)
        {
            if (value < least || value > most) wrong.Add((path, $"got {value}, wanted {least} to {most}"));
        }
    }
}

/// <summary>What to change; what is absent stays.</summary>
public sealed record RetentionPatch(int? TrashDays = null, int? EventDays = null, int? AuditDays = null, KeepPolicy? Keep = null, int? Backups = null, long? MinFreeBytes = null, int? LogDays = null);
