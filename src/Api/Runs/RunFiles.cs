using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Runs;

/// <summary>A checkpoint and its files.</summary>
/// <param name="Kept">Why it is kept: <c>best-robust</c>, <c>best-clean</c>, <c>last</c>.</param>
/// <param name="Files">Empty once it is deleted.</param>
public sealed record CheckpointView(string Id, string RunId, string Name, int Epoch, long Step, long Bytes, string Sha256, IReadOnlyList<string> Kept,
    double? CleanAccuracy, double? RobustAccuracy, DateTimeOffset CreatedAt, DateTimeOffset? DeletedAt, IReadOnlyList<CheckpointFileView> Files);

public sealed record CheckpointFileView(string Name, long Bytes);

/// <summary>A file to send.</summary>
/// <param name="Path">On the server; never shown.</param>
/// <param name="Version">The ETag without quotes: SHA-256 where known.</param>
public sealed record ServedFile(string Path, string Name, string Version, DateTimeOffset ChangedAt);

/// <summary>One line of a run's log.</summary>
public sealed record LogEntry(long Seq, DateTimeOffset At, int Attempt, string Level, string Text);

/// <summary>A stretch of the log.</summary>
/// <param name="LastSeq">Where to go on.</param>
/// <param name="Console">The last lines of the newest worker's console.</param>
public sealed record RunLines(IReadOnlyList<LogEntry> Items, long LastSeq, IReadOnlyList<string> Console);

/// <summary>What lies in a run's folder: checkpoints, images and log. Files are found by id and known name; no path comes from a caller.</summary>
public sealed class RunFiles(LabStore store, RunLog log, RunService runs, CheckpointKeeper keeper, DataDirectory data)
{
    public async Task<IReadOnlyList<CheckpointView>> Checkpoints(string runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        await RunService.Find(read, runId, cancel);
        var rows = await read.Checkpoints.Where(c => c.RunId == runId && c.DeletedAt == null).OrderByDescending(c => c.Step).ToListAsync(cancel);
        return [.. rows.Select(View)];
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<CheckpointView> Checkpoint(string id, CancellationToken cancel) => View(await FindCheckpoint(id, cancel));

    /// <exception cref="Refusal">404, 410.</exception>
    public async Task<ServedFile> CheckpointFile(string id, string name, CancellationToken cancel)
    {
        var row = await FindCheckpoint(id, cancel);
        if (row.DeletedAt is not null) throw new Refusal(ProblemKinds.Gone, "this checkpoint was deleted; the run keeps its best and its last");
        var path = Listed(keeper.Folder(row)).FirstOrDefault(f => Path.GetFileName(f) == name) ?? throw Refusal.NotFound("file", name);
        return Serve(path, name == "weights.safetensors" ? row.Sha256 : null);
    }

    /// <summary>A picture named by a <c>sampleImages</c> event.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<ServedFile> Image(string runId, string name, CancellationToken cancel)
    {
        await using var read = store.Read();
        await RunService.Find(read, runId, cancel);
        var path = Listed(new JobFolder(data.Run(runId)).Images).FirstOrDefault(f => Path.GetFileName(f) == name) ?? throw Refusal.NotFound("image", name);
        return Serve(path, null);
    }

    /// <summary>Log lines after an event.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="afterSeq">0: from the start.</param>
    /// <param name="level">Only <c>info</c>, <c>warning</c> or <c>error</c>; null: all.</param>
    /// <param name="text">Found anywhere in the line, without regard to case; null: all.</param>
    /// <param name="limit">Most lines to return.</param>
    /// <param name="cancel">Ends the reading.</param>
    public async Task<RunLines> Lines(string runId, long afterSeq, string? level, string? text, int limit, CancellationToken cancel)
    {
        await using var read = store.Read();
        var run = await RunService.Find(read, runId, cancel);
        var lines = new List<LogEntry>();
        var seq = afterSeq;
        foreach (var e in log.Read(runId, afterSeq))
        {
            if (lines.Count == limit) break;
            seq = e.Seq;
            if (Line(e) is { } line && (level is null || line.Level == level) && (text is null || line.Text.Contains(text, StringComparison.OrdinalIgnoreCase)))
                lines.Add(line);
        }
        return new RunLines(lines, seq, runs.ConsoleTail(run));
    }

    private static LogEntry? Line(RunEvent e) => e.Type switch
    {
        "log" when e.Read<LogLine>() is var l => new LogEntry(e.Seq, e.At, e.Attempt, l.Level, l.Text),
        "failed" when e.Read<Failed>() is var f => new LogEntry(e.Seq, e.At, e.Attempt, "error", $"{f.Code}: {f.Message}"),
        StatusChanged.Type when e.Read<StatusChanged>() is var s => new LogEntry(e.Seq, e.At, e.Attempt, s.Code is null ? "info" : "warning",
            s.Reason is null ? $"{s.From} -> {s.To}" : $"{s.From} -> {s.To}: {s.Reason}"),
        _ => null,
    };

    private async Task<Checkpoint> FindCheckpoint(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        return await read.Checkpoints.SingleOrDefaultAsync(c => c.Id == id, cancel) ?? throw Refusal.NotFound("checkpoint", id);
    }

    private CheckpointView View(Checkpoint c) => new(c.Id, c.RunId, c.Name, c.Epoch, c.Step, c.Bytes, c.Sha256, Tags.Read(c.KeptList), c.CleanAccuracy, c.RobustAccuracy,
        c.CreatedAt, c.DeletedAt, c.DeletedAt is null ? [.. Listed(keeper.Folder(c)).Select(f => new CheckpointFileView(Path.GetFileName(f), new FileInfo(f).Length))] : []);

    private static IEnumerable<string> Listed(string folder) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal) : [];

    private static ServedFile Serve(string path, string? sha256)
    {
        var file = new FileInfo(path);
        return new ServedFile(path, file.Name, sha256 ?? $"{file.Length:x}-{file.LastWriteTimeUtc.Ticks:x}", file.LastWriteTimeUtc);
    }
}
