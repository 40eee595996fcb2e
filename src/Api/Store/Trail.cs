using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using WebLab.Api.Accounts;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Store;

/// <summary>Writes down what a person's change does to the rows, unless the service that makes it has done so in better words.</summary>
internal static class Trail
{
    /// <summary>More rows of a kind than this, changed at once, make one entry together.</summary>
    private const int MostAlone = 4;
    private const int MaxShown = 60;

    // Rows that follow others, or that are nobody's deed.
    private static readonly HashSet<string> Silent =
    [
        nameof(AuditEntry), nameof(IdempotencyRecord), nameof(LabSession), nameof(MetricChunk), nameof(MetricSeries), nameof(Attempt), nameof(AttackResult),
        nameof(Checkpoint), nameof(Evaluation), nameof(Notification), nameof(WebhookDelivery),
    ];

    // Columns that the system keeps by itself.
    private static readonly HashSet<string> Own =
    [
        "Version", "LastSeq", "LastUsedAt", "LastSeenAt", "ReceivedBytes", "FailedSignIns", "LockedUntil", "DesiredReason", "DesiredAt", "StatusReason", "NotBefore",
        "LeaseOwner", "LeaseUntil", "FinishedAt", "QueuedAt", "StartedAt", "LossCount", "AttemptCount", "FailureCode", "FailureMessage", "FailureSuggestion",
        "ExpiresAt", "SecurityStamp", "SummaryJson",
    ];

    private static readonly string[] Secret = ["Hash", "Secret", "Password", "Stamp"];

    public static void Note(LabContext rows, Act act, Ids ids, DateTimeOffset at)
    {
        var entries = rows.ChangeTracker.Entries().Where(e => e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted).ToList();
        if (entries.Any(e => e.Entity is AuditEntry))
        {
            act.Note();
            return;
        }
        var deeds = entries.Select(Read).OfType<Deed>().GroupBy(d => d.Action);
        foreach (var deed in deeds.SelectMany(g => g.Count() > MostAlone ? [new Deed(g.Key, $"{g.Count()} rows", null)] : g.AsEnumerable()).ToList())
        {
            rows.Audit.Add(new AuditEntry
            {
                Id = ids.Next(), At = at, Actor = act.Actor.Name, Address = act.Actor.Address, Action = deed.Action, Target = deed.Target, Detail = deed.Detail,
            });
            act.Note();
        }
    }

    private sealed record Deed(string Action, string Target, string? Detail);

    private static Deed? Read(EntityEntry entry)
    {
        var type = entry.Metadata.ClrType.Name;
        if (Silent.Contains(type)) return null;
        if (entry.Entity is Setting { Key: var key } && (key.StartsWith("health.", StringComparison.Ordinal) || key.StartsWith("sessions:", StringComparison.Ordinal))) return null;
        var kind = JsonNamingPolicy.KebabCaseLower.ConvertName(type);
        var target = $"{kind}:{string.Join('/', entry.Metadata.FindPrimaryKey()!.Properties.Select(p => Key(p.Name, entry.CurrentValues[p])))}";
        if (entry.State == EntityState.Deleted) return new Deed($"{kind}.delete", target, Name(entry));
        if (entry.State == EntityState.Added) return new Deed($"{kind}.create", target, Name(entry));
        var changes = entry.Properties.Where(p => p.IsModified && !Equals(p.OriginalValue, p.CurrentValue) && !Own.Contains(p.Metadata.Name)).Select(Words).ToList();
        return changes.Count == 0 ? null : new Deed($"{kind}.change", target, string.Join("; ", changes));
    }

    // A key that is a secret is told by its beginning.
    private static string? Key(string name, object? value) => name == "Token" && value is string { Length: > 6 } token ? token[..6] + "…" : value?.ToString();

    private static string? Name(EntityEntry entry) =>
        entry.Metadata.FindProperty("Name") is { } name ? entry.CurrentValues[name]?.ToString()
        : entry.Metadata.FindProperty("Value") is { } value ? Shown(entry.CurrentValues[value]) : null;

    private static string Words(PropertyEntry property)
    {
        var name = property.Metadata.Name;
        var word = JsonNamingPolicy.CamelCase.ConvertName(name);
        if (Secret.Any(s => name.Contains(s, StringComparison.Ordinal))) return $"{word} replaced";
        return name.EndsWith("Json", StringComparison.Ordinal) ? $"{word[..^4]} changed" : $"{word}: {Shown(property.OriginalValue)} -> {Shown(property.CurrentValue)}";
    }

    private static string Shown(object? value) => value switch
    {
        null => "none",
        DateTimeOffset at => at.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        string { Length: 0 } => "empty",
        string { Length: > MaxShown } text => text[..MaxShown] + "…",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
