using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Runs;

/// <summary>Lists, shows and describes runs; <see cref="RunActions"/> moves them.</summary>
public sealed class RunService(LabStore store, RunLog log, Journal journal, DataDirectory data, TimeProvider time)
{
    private const int LastLines = 50;
    public const int MaxNameLength = 200, MaxNotesLength = 100_000, MaxTags = 20;

    private static readonly Dictionary<string, Func<IQueryable<Run>, FilterTerm, IQueryable<Run>>> Fields = new()
    {
        ["status"] = (q, t) => t.Words<RunStatus>() is var w && t.IsNegated ? q.Where(r => !w.Contains(r.Status)) : q.Where(r => w.Contains(r.Status)),
        ["kind"] = (q, t) => t.Words<RunKind>() is var w && t.IsNegated ? q.Where(r => !w.Contains(r.Kind)) : q.Where(r => w.Contains(r.Kind)),
        ["experiment"] = (q, t) => t.Only("=", ":", "in") is var o ? q.Where(r => o.Values.Contains(r.ExperimentId)) : q,
        ["subject"] = (q, t) => t.Only("=", ":", "in") is var o ? q.Where(r => o.Values.Contains(r.SubjectId)) : q,
        ["tag"] = (q, t) => $",{t.Only("=", ":", "!=").Value}," is var tag && t.IsNegated ? q.Where(r => !r.TagList.Contains(tag)) : q.Where(r => r.TagList.Contains(tag)),
        ["name"] = (q, t) => t.IsNegated ? q.Where(r => !t.Values.Contains(r.Name)) : q.Where(r => t.Values.Contains(r.Name)),
        ["seed"] = (q, t) => Numbers.Compare(q, r => r.Seed, t),
        ["priority"] = (q, t) => Numbers.Compare(q, r => r.Priority, t),
        ["clean"] = (q, t) => Numbers.Compare(q, r => r.CleanAccuracy, t),
        ["robust"] = (q, t) => Numbers.Compare(q, r => r.RobustAccuracy, t),
        ["best"] = (q, t) => Numbers.Compare(q, r => r.BestRobustAccuracy, t),
    };

    public async Task<Page<RunSummary>> List(RunQuery query, PageRequest page, CancellationToken cancel)
    {
        await using var read = store.Read();
        var runs = Filter.Apply(read.Runs, Filter.Parse(query.Filter), Fields);
        runs = query.Trashed ? runs.Where(r => r.TrashedAt != null) : runs.Where(r => r.TrashedAt == null);
        if (!string.IsNullOrWhiteSpace(query.Text))
            runs = Filter.Anywhere(query.Text.Trim()) is var pattern ? runs.Where(r => EF.Functions.Like(r.Name, pattern, @"\")) : runs;
        // Ids sort by time of creation.
        runs = query.Sort switch
        {
            null or "" or "-createdAt" => runs.Where(r => page.After == null || r.Id.CompareTo(page.After) < 0).OrderByDescending(r => r.Id),
            "createdAt" => runs.Where(r => page.After == null || r.Id.CompareTo(page.After) > 0).OrderBy(r => r.Id),
            _ => throw Refusal.Invalid("sort", $"got '{query.Sort}', wanted createdAt or -createdAt"),
        };
        var rows = await runs.Take(page.Limit + 1).ToListAsync(cancel);
        return page.Cut<RunSummary>([.. rows.Select(Summary)], r => r.Id);
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<RunDetail> Get(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        var run = await Find(read, id, cancel);
        var attempts = await read.Attempts.Where(a => a.RunId == id).OrderBy(a => a.Number).ToListAsync(cancel);
        return Fill(run, new RunDetail
        {
            Id = "", Kind = default, Name = "", Seed = 0, Status = default, Desired = default, Priority = 0, Tags = [], AttemptCount = 0, CreatedAt = default, Actions = [], Version = "",
            Request = JsonNode.Parse(run.RequestJson)!,
            RequestHash = run.RequestHash,
            Notes = run.Notes,
            Summary = JsonNode.Parse(run.SummaryJson)!,
            Attempts = [.. attempts.Select(View)],
            BestCheckpointId = run.BestCheckpointId,
            LastCheckpointId = run.LastCheckpointId,
            LastSeq = run.LastSeq,
            CreatedBy = run.CreatedBy,
        }) with
        { Failure = Failure(run, ConsoleTail(run)) };
    }

    /// <summary>Changes names, notes, tags and the place in the queue.</summary>
    /// <exception cref="Refusal">400 with every field that is wrong; 404; 412.</exception>
    public async Task<RunDetail> Patch(string id, RunPatch patch, IfMatch expected, CancellationToken cancel)
    {
        Texts.Check(patch.Name, patch.Notes, patch.Tags);
        if (patch.Priority is < -100 or > 100) throw Refusal.Invalid("priority", $"got {patch.Priority}, wanted -100 to 100");
        await Change(id, expected, row =>
        {
            row.Name = patch.Name?.Trim() ?? row.Name;
            row.Notes = patch.Notes ?? row.Notes;
            if (patch.Tags is not null) row.TagList = Tags.Write(patch.Tags);
            row.Priority = patch.Priority ?? row.Priority;
        }, cancel);
        var job = new JobFolder(data.Run(id));
        if (RunCard.Read(job) is { } card)
            (card with { Name = patch.Name?.Trim() ?? card.Name, Notes = patch.Notes ?? card.Notes, Tags = patch.Tags ?? card.Tags, Priority = patch.Priority ?? card.Priority }).Write(job);
        return await Get(id, cancel);
    }

    /// <summary>Puts a run that no longer works into the trash; it can be restored.</summary>
    /// <exception cref="Refusal">404; 409 while it works; 412.</exception>
    public Task Trash(string id, IfMatch expected, CancellationToken cancel) => Change(id, expected, row =>
    {
        if (StateMachine.HasWorker(row.Status)) throw Refusal.InvalidTransition("a run that works cannot go to the trash; cancel it first", [RunActions.Word(RunAction.Cancel)]);
        row.TrashedAt ??= time.GetUtcNow();
    }, cancel);

    /// <summary>Takes a run out of the trash.</summary>
    public Task Restore(string id, CancellationToken cancel) => Change(id, new IfMatch("*"), row => row.TrashedAt = null, cancel);

    internal RunSummary Summary(Run run) => Fill(run, new RunSummary
    {
        Id = "", Kind = default, Name = "", Seed = 0, Status = default, Desired = default, Priority = 0, Tags = [], AttemptCount = 0, CreatedAt = default, Actions = [], Version = "",
    });

    internal static async Task<Run> Find(LabContext read, string id, CancellationToken cancel) =>
        await read.Runs.SingleOrDefaultAsync(r => r.Id == id, cancel) ?? throw Refusal.NotFound("run", id);

    private async Task Change(string id, IfMatch expected, Action<Run> change, CancellationToken cancel)
    {
        _ = await journal.Move(id, run =>
        {
            expected.Require(run.Version.ToString());
            return new Decision([], null, change);
        }, cancel) ?? throw Refusal.NotFound("run", id);
    }

    private T Fill<T>(Run run, T view) where T : RunSummary => view with
    {
        Id = run.Id, Kind = run.Kind, ExperimentId = run.ExperimentId, SubjectId = run.SubjectId, Name = run.Name, Seed = run.Seed, Status = run.Status,
        StatusReason = run.StatusReason, Desired = run.Desired, Priority = run.Priority, Tags = Tags.Read(run.TagList), Progress = Progress(run),
        CleanAccuracy = run.CleanAccuracy, RobustAccuracy = run.RobustAccuracy, BestRobustAccuracy = run.BestRobustAccuracy, Failure = Failure(run, null),
        Device = run.Device, AttemptCount = run.AttemptCount, CreatedAt = run.CreatedAt, QueuedAt = run.QueuedAt, StartedAt = run.StartedAt,
        FinishedAt = run.FinishedAt, TrashedAt = run.TrashedAt, Actions = StateMachine.Offered(run.Status, run.Desired), Version = run.Version.ToString(),
    };

    private RunProgress? Progress(Run run)
    {
        if (log.Progress(run.Id) is { Type: "stepProgress" } shown && shown.Read<StepProgress>() is var p)
            return new RunProgress(p.Epoch, p.Epochs, p.Step, p.Steps, Finite(p.Loss), p.Lr, p.ImagesPerSecond, Finite(p.EtaSeconds), p.Steps > 0 ? (double)p.Step / p.Steps : null);
        if (log.Progress(run.Id) is { Type: "importProgress" } import && import.Read<ImportProgress>() is var i)
            return new RunProgress(null, null, i.Done, i.Total, null, null, null, null, i.Total > 0 ? (double)i.Done / i.Total : null);
        if (run.Epoch is not { } epoch || run.Epochs is not { } epochs) return null;
        return new RunProgress(epoch, epochs, run.Step, null, null, null, run.ImagesPerSecond, null, epochs > 0 ? (double)epoch / epochs : null);
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static RunFailure? Failure(Run run, IReadOnlyList<string>? lines) =>
        run.FailureCode is { } code ? new RunFailure(code, run.FailureMessage ?? Failures.Sentence(code), run.FailureSuggestion, lines) : null;

    /// <summary>The end of what the newest worker wrote to its console.</summary>
    internal IReadOnlyList<string> ConsoleTail(Run run)
    {
        const int Bytes = 32 << 10;
        var path = new JobFolder(data.Run(run.Id)).Attempt(run.AttemptCount).Console;
        if (!File.Exists(path)) return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = Math.Max(0, file.Length - Bytes);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Skip(file.Length > Bytes ? 1 : 0).TakeLast(LastLines)];
    }

    private static AttemptView View(Attempt a) => new(a.Number, a.Pid, a.StartedAt, a.LastBeatAt, a.EndedAt, a.Outcome, a.ExitCode, a.FailureCode, a.ResumedFrom,
        a.DeviceName, a.EnvironmentJson is { } json ? JsonNode.Parse(json) : null, Signal(a.ExitCode));

    // .NET reports death by signal n as 128 + n.
    private static string? Signal(int? exitCode) => exitCode switch
    {
        128 + 1 => "SIGHUP", 128 + 2 => "SIGINT", 128 + 4 => "SIGILL", 128 + 6 => "SIGABRT", 128 + 7 => "SIGBUS", 128 + 8 => "SIGFPE", 128 + 9 => "SIGKILL",
        128 + 11 => "SIGSEGV", 128 + 15 => "SIGTERM", > 128 and < 128 + 65 => $"signal {exitCode - 128}",
        _ => null,
    };
}
