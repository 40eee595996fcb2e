using System.Text.Json;

namespace WebLab.Api.Queue;

/// <summary>What hub and event stream send.</summary>
/// <param name="V">Version, 1.</param>
/// <param name="Stream"><c>run:ID</c> or <c>queue</c>.</param>
/// <param name="Seq">Number within the stream; 0 for what is not kept (progress, queue news).</param>
/// <param name="Attempt">The attempt of a run that it belongs to.</param>
public sealed record Envelope(int V, string Stream, long Seq, DateTimeOffset At, int Attempt, string Type, JsonElement Data)
{
    public static Envelope Of(string runId, RunEvent e) => new(e.V, $"run:{runId}", e.Seq, e.At, e.Attempt, e.Type, e.Data);
}
