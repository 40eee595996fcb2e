using System.Text.Json;
using System.Text.Json.Serialization;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>One event of a run, as it stands in <c>events.jsonl</c> and reaches every reader.</summary>
/// <param name="Seq">From 1 without gaps; 0 for what is shown once and not kept (progress).</param>
/// <param name="Attempt">The attempt that it belongs to; 0 before the first.</param>
/// <param name="Data">The payload; docs/architecture.md lists it by type.</param>
public sealed record RunEvent(long Seq, DateTimeOffset At, int Attempt, string Type, JsonElement Data)
{
    /// <summary>Version of the envelope.</summary>
    [JsonPropertyOrder(-1)]
    public int V { get; init; } = 1;

    /// <summary>Where the worker's outbox goes on behind this event; the log itself says how far the outbox was taken.</summary>
    [JsonPropertyName("out"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? OutboxEnd { get; init; }

    public T Read<T>() => Data.Deserialize<T>(JobJson.Options)!;

    /// <summary>Reads one whole line of the log; null if it is damaged.</summary>
    public static RunEvent? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<RunEvent>(line, JobJson.Options) is { Type: not null, Seq: > 0 } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>An event that has no number yet.</summary>
public sealed record NewEvent(DateTimeOffset At, int Attempt, string Type, JsonElement Data, long? OutboxEnd = null)
{
    /// <summary>Types of which only the newest counts; they are shown, not kept.</summary>
    public static bool IsTransient(string type) => type is "stepProgress" or "importProgress";

    /// <summary>Types that reach the disk before anybody is told of them.</summary>
    public static bool IsDurable(string type) => type is not ("metrics" or "log" or "sampleImages");
}

/// <summary>Payload of <c>statusChanged</c>, the only event that the supervisor itself writes.</summary>
/// <param name="From">Status in camelCase, as in the API.</param>
/// <param name="Code">Failure code, with <paramref name="Message"/> and <paramref name="Suggestion"/>.</param>
/// <param name="NotBefore">Back-off: when the run may start again.</param>
public sealed record StatusChanged(string From, string To, string? Reason = null, string? Code = null, string? Message = null,
    string? Suggestion = null, DateTimeOffset? NotBefore = null, int? ExitCode = null)
{
    public const string Type = "statusChanged";
}
