using System.Globalization;
using System.Text;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Runs;

/// <summary>One line of a run's log.</summary>
public sealed record LogEntry(long Seq, DateTimeOffset At, int Attempt, string Level, string Text);

/// <summary>A stretch of the log.</summary>
/// <param name="LastSeq">Where to go on.</param>
/// <param name="Console">The last lines of the newest worker's console.</param>
/// <param name="Earlier">Lines that fit lie before the stretch, behind <c>after</c>.</param>
/// <param name="Later">Lines that fit lie behind it, before <c>before</c>.</param>
public sealed record RunLines(IReadOnlyList<LogEntry> Items, long LastSeq, IReadOnlyList<string> Console, bool Earlier, bool Later);

/// <summary>What is asked of a log.</summary>
/// <param name="After">Lines behind this event; 0: from the start.</param>
/// <param name="Before">Lines before this event; null: to the end.</param>
/// <param name="Levels">Some of <see cref="RunLogs.Levels"/>; null or empty: all.</param>
/// <param name="Text">Found anywhere in the line, without regard to case; null or empty: all.</param>
/// <param name="Limit">Most lines, 1 to <see cref="RunLogs.MaxLimit"/>.</param>
/// <param name="Last">Of more lines than the limit the last ones, not the first.</param>
public sealed record LogQuery(long After = 0, long? Before = null, IReadOnlyList<string>? Levels = null, string? Text = null, int Limit = RunLogs.DefaultLimit, bool Last = false);

/// <summary>Reads the logs of runs in stretches; a log may be long.</summary>
public sealed class RunLogs(LabStore store, RunLog log, RunService runs)
{
    public const int DefaultLimit = 1000, MaxLimit = 5000;

    public static readonly IReadOnlyList<string> Levels = ["info", "warning", "error"];

    /// <exception cref="Refusal">404; 400 for a level that there is not or a limit out of range.</exception>
    public async Task<RunLines> Lines(string runId, LogQuery query, CancellationToken cancel)
    {
        if (query.Levels?.FirstOrDefault(l => !Levels.Contains(l)) is { } unknown) throw Refusal.Invalid("level", $"got '{unknown}', wanted some of {string.Join(", ", Levels)}, between commas");
        if (query.Limit is < 1 or > MaxLimit) throw Refusal.Invalid("limit", $"got {query.Limit}, wanted 1 to {MaxLimit}");
        await using var read = store.Read();
        var run = await RunService.Find(read, runId, cancel);
        var (lines, earlier, later, seq) = (new Queue<LogEntry>(), false, false, query.After);
        foreach (var e in log.Told(runId, query.After))
        {
            if (e.Seq >= query.Before) break;
            if (Line(e) is not { } line || !Fits(line, query))
            {
                seq = e.Seq;
                continue;
            }
            if (lines.Count == query.Limit && !query.Last)
            {
                later = true;
                break;
            }
            lines.Enqueue(line);
            seq = e.Seq;
            if (lines.Count <= query.Limit) continue;
            lines.Dequeue();
            earlier = true;
        }
        return new RunLines([.. lines], seq, runs.ConsoleTail(run), earlier, later);
    }

    /// <summary>Every line that fits as text: time, level, words.</summary>
    /// <exception cref="Refusal">404; 400 for a level that there is not.</exception>
    public async Task<string> Text(string runId, LogQuery query, CancellationToken cancel)
    {
        var text = new StringBuilder();
        for (var next = query with { Limit = MaxLimit, Last = false }; ;)
        {
            var page = await Lines(runId, next, cancel);
            foreach (var line in page.Items) text.Append(CultureInfo.InvariantCulture, $"{line.At:yyyy-MM-ddTHH:mm:ss.fffZ} {line.Level,-7} {line.Text}\n");
            if (!page.Later) return text.ToString();
            next = next with { After = page.LastSeq };
        }
    }

    private static bool Fits(LogEntry line, LogQuery query) => (query.Levels is not { Count: > 0 } levels || levels.Contains(line.Level))
        && (string.IsNullOrEmpty(query.Text) || line.Text.Contains(query.Text, StringComparison.OrdinalIgnoreCase));

    private static LogEntry? Line(RunEvent e) => e.Type switch
    {
        "log" when e.Read<LogLine>() is var l => Of(e, l.Level, l.Text),
        "failed" when e.Read<Failed>() is var f => Of(e, "error", $"{f.Code}: {f.Message}"),
        "attemptStarted" when e.Read<AttemptStarted>() is var a => Of(e, "info", $"attempt {e.Attempt} on {a.DeviceName}, {a.Threads} threads, {a.Precision}" + (a.ResumedFrom is { } from ? $", resumed from {from}" : "")),
        "checkpointSaved" when e.Read<CheckpointSaved>() is var c => Of(e, "info", $"checkpoint {c.Name}" + (c.Kept.Count > 0 ? $" ({string.Join(", ", c.Kept)})" : "")),
        "corruptionResult" when e.Read<CorruptionResult>() is var c => c.Done == c.Total
            ? Of(e, "info", $"{c.Corruption}: {string.Join(", ", c.Accuracies.Select(Percent))} at severities {string.Join(", ", c.Severities)}") : null,
        "curveResult" when e.Read<CurveResult>() is var c => c.Done == c.Total ? Of(e, "info", $"within {c.Radius}{(c.Audit ? ", afresh" : "")}: {Percent(c.Accuracy)}") : null,
        StatusChanged.Type when e.Read<StatusChanged>() is var s => Of(e, s.Code is null ? "info" : "warning", s.Reason is null ? $"{s.From} -> {s.To}" : $"{s.From} -> {s.To}: {s.Reason}"),
        _ => null,
    };

    private static LogEntry Of(RunEvent e, string level, string text) => new(e.Seq, e.At, e.Attempt, level, text);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");
}
