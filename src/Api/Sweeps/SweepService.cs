using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Experiments;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Sweeps;

/// <summary>Sweeps: one recipe over a space of its settings, an experiment for each point.</summary>
public sealed class SweepService(LabStore store, ExperimentService experiments, CostModel cost, RunActions actions, Ids ids, TimeProvider time)
{
    /// <summary>Most runs that one sweep queues.</summary>
    public const int MaxRuns = 512;

    /// <summary>Says what a sweep would do; stores nothing.</summary>
    public async Task<SweepPreview> Preview(NewSweep wanted, CancellationToken cancel)
    {
        var (expansion, errors) = Expand(wanted);
        var sound = errors.Count == 0;
        var estimates = sound ? await cost.Estimate([.. expansion.Points.Select(p => p.Recipe!)], wanted.Seeds?.Count ?? 1, cancel) : [];
        var byPoint = errors.Where(e => e.Path.StartsWith("points[", StringComparison.Ordinal)).ToLookup(e => int.Parse(e.Path.AsSpan(7, e.Path.IndexOf(']') - 7)));
        return new SweepPreview(sound, [.. errors.Select(e => new RecipeFinding(e.Path, e.Message))],
            [.. expansion.Points.Select(p => new PlannedPoint(p.Number, Named(wanted.Axes, p.Values), sound ? estimates[p.Number].SecondsPerRun : null,
                [.. byPoint[p.Number].Select(e => new RecipeFinding(e.Path[(e.Path.IndexOf("].", StringComparison.Ordinal) + 2)..], e.Message))]))],
            expansion.Points.Count * (wanted.Seeds?.Count ?? 1), sound ? cost.Together(estimates, wanted.Seeds?.Count ?? 1) : null, sound ? estimates.Sum(e => e.CheckpointBytes) * (wanted.Seeds?.Count ?? 1) : null,
            sound ? estimates[0].Basis : null);
    }

    /// <summary>Stores a sweep, makes an experiment of each point and queues their runs.</summary>
    /// <exception cref="Refusal">400 naming every field, and every point with its field, that is wrong; nothing is stored then.</exception>
    public async Task<SweepDetail> Create(NewSweep wanted, string? user, CancellationToken cancel)
    {
        var (expansion, errors) = Expand(wanted);
        if (errors.Count > 0) throw Refusal.Invalid(errors);
        var stem = RecipeJson.Read(wanted.Recipe).Recipe!;
        var seeds = wanted.Seeds ?? [stem.Seed];
        var row = new Sweep
        {
            Id = ids.Next(), Name = wanted.Name?.Trim() ?? $"{string.Join(" × ", wanted.Axes.Select(a => a.Path.Split('.')[^1]))}, {stem.Name ?? stem.Data.Id}", Question = wanted.Question,
            RecipeJson = RecipeJson.Canonical(stem), SpaceJson = JsonSerializer.Serialize(wanted.Axes, Json.Options), Strategy = RunActions.Word(wanted.Kind), Seed = wanted.Seed,
            SeedsJson = JsonSerializer.Serialize(seeds), CreatedBy = user, CreatedAt = time.GetUtcNow(),
        };
        await store.Write(c => { c.Sweeps.Add(row); }, cancel);
        foreach (var point in expansion.Points)
        {
            // A caller who goes away in the middle does not leave half a grid.
            var mark = new SweepMark(row.Id, JsonSerializer.Serialize(new SweepPlace(point.Number, Named(wanted.Axes, point.Values)), Json.Options), JobJson.Bytes(SweepCard.Of(row)));
            await experiments.Create(new NewExperiment(JsonNode.Parse(RecipeJson.Canonical(point.Recipe! with { Name = null, Notes = null }))!, Title(wanted.Axes, point.Values), wanted.Question, Tags: wanted.Tags,
                Seeds: seeds, Priority: wanted.Priority, Start: wanted.Start, ParentId: wanted.ParentId), user, CancellationToken.None, mark);
        }

        return await Get(row.Id, CancellationToken.None);
    }

    public async Task<Page<SweepSummary>> List(PageRequest page, bool trashed, CancellationToken cancel)
    {
        await using var read = store.Read();
        var rows = await read.Sweeps.Where(s => trashed ? s.TrashedAt != null : s.TrashedAt == null).Where(s => page.After == null || s.Id.CompareTo(page.After) < 0)
            .OrderByDescending(s => s.Id).Take(page.Limit + 1).ToListAsync(cancel);
        var wanted = rows.Select(r => r.Id).ToList();
        var points = (await experiments.OfSweeps(wanted, cancel)).ToLookup(x => x.SweepId);
        return page.Cut<SweepSummary>([.. rows.Select(r => Fill(r, [.. points[r.Id]], Blank()))], s => s.Id);
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<SweepDetail> Get(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        var row = await read.Sweeps.SingleOrDefaultAsync(s => s.Id == id, cancel) ?? throw Refusal.NotFound("sweep", id);
        var points = await experiments.OfSweeps([id], cancel);
        return Fill(row, points, new SweepDetail
        {
            Id = "", Name = "", Kind = default, Paths = [], Points = 0, Status = default, RunCounts = new Dictionary<string, int>(), CreatedAt = default, Version = "",
            Axes = Axes(row), Seed = (int)row.Seed, Seeds = JsonSerializer.Deserialize<List<int>>(row.SeedsJson) ?? [], Recipe = JsonNode.Parse(row.RecipeJson)!,
            Rows = [.. points.Select(x => (Experiment: x, Place: x.SweepPoint.Deserialize<SweepPlace>(Json.Options)!)).OrderBy(p => p.Place.Number).Select(p => new SweepRow(p.Place.Number, p.Place.Values, p.Experiment))],
        });
    }

    /// <summary>Cancels every run of every point that has not ended.</summary>
    /// <exception cref="Refusal">404; 409 when all have ended.</exception>
    public async Task Cancel(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        if (!await read.Sweeps.AnyAsync(s => s.Id == id, cancel)) throw Refusal.NotFound("sweep", id);
        var live = await Runs(read, id).Where(r => r.Status != RunStatus.Completed && r.Status != RunStatus.Cancelled && r.Status != RunStatus.Failed).Select(r => r.Id).ToListAsync(cancel);
        if (live.Count == 0) throw Refusal.InvalidTransition("none of its runs waits or works", []);
        // From the end of the queue: none of them starts because another one has left.
        foreach (var run in live.OrderDescending()) await actions.Do(run, RunAction.Cancel, "its sweep was cancelled", cancel);
    }

    /// <summary>Into the trash, with all its experiments.</summary>
    /// <exception cref="Refusal">404; 409 while a run works; 412.</exception>
    public Task Trash(string id, IfMatch expected, CancellationToken cancel) => store.Write(c =>
    {
        var row = c.Sweeps.Find(id) ?? throw Refusal.NotFound("sweep", id);
        expected.Require(row.Version.ToString());
        var runs = Runs(c, id).ToList();
        if (runs.FirstOrDefault(r => StateMachine.HasWorker(r.Status)) is { } busy) throw Refusal.InvalidTransition($"its run {busy.Id} works; cancel the sweep first", [RunActions.Word(RunAction.Cancel)]);
        row.TrashedAt ??= time.GetUtcNow();
        row.Version++;
        foreach (var run in runs) run.TrashedAt = row.TrashedAt;
        foreach (var point in c.Experiments.Where(x => x.SweepId == id && x.TrashedAt == null)) (point.TrashedAt, point.Version) = (row.TrashedAt, point.Version + 1);
    }, cancel);

    /// <summary>Out of the trash, with the experiments that went there with it.</summary>
    /// <exception cref="Refusal">404.</exception>
    public Task Restore(string id, CancellationToken cancel) => store.Write(c =>
    {
        var row = c.Sweeps.Find(id) ?? throw Refusal.NotFound("sweep", id);
        if (row.TrashedAt is not { } gone) return;
        foreach (var point in c.Experiments.Where(x => x.SweepId == id && x.TrashedAt == gone).ToList())
        {
            foreach (var run in c.Runs.Where(r => r.ExperimentId == point.Id && r.TrashedAt == gone)) run.TrashedAt = null;
            (point.TrashedAt, point.Version) = (null, point.Version + 1);
        }

        (row.TrashedAt, row.Version) = (null, row.Version + 1);
    }, cancel);

    private (SweepExpansion Expansion, IReadOnlyList<(string Path, string Message)> Errors) Expand(NewSweep wanted)
    {
        var expansion = new SweepPlan(wanted.Kind, wanted.Axes, wanted.Points, wanted.Seed).Expand(wanted.Recipe);
        var errors = expansion.Errors.Select(e => (e.Path, e.Message)).Concat(Texts.Errors(wanted.Name, wanted.Question, wanted.Tags).Select(e => (e.Path == "notes" ? "question" : e.Path, e.Message)))
            .Concat(ExperimentService.SeedErrors(wanted.Seeds).Select(e => (e.Path, e.Message))).ToList();
        // What only the data directory can say, such as a data set that is not here.
        foreach (var point in expansion.Points.Where(p => p.Recipe is not null)) errors.AddRange(experiments.Missing(point.Recipe!).Select(e => ($"points[{point.Number}].{e.Path}", e.Message)));
        if (wanted.Seeds is { Count: 0 }) errors.Add(("seeds", "wanted at least one seed"));
        if (wanted.Priority is < -100 or > 100) errors.Add(("priority", $"got {wanted.Priority}, wanted -100 to 100"));
        var runs = expansion.Points.Count * (wanted.Seeds?.Count ?? 1);
        if (runs > MaxRuns) errors.Add(("seeds", $"make {runs} runs of {expansion.Points.Count} points; at most {MaxRuns} are queued at once"));
        return (expansion, errors);
    }

    private static IQueryable<Run> Runs(LabContext c, string id) => c.Runs.Where(r => r.TrashedAt == null && c.Experiments.Any(x => x.Id == r.ExperimentId && x.SweepId == id));

    private static Dictionary<string, JsonNode?> Named(IReadOnlyList<SweepAxis> axes, IReadOnlyList<JsonNode?> values) => axes.Zip(values).ToDictionary(p => p.First.Path, p => p.Second);

    private static string Title(IReadOnlyList<SweepAxis> axes, IReadOnlyList<JsonNode?> values)
    {
        var title = string.Join(", ", axes.Zip(values, (a, v) => $"{a.Path.Split('.')[^1]} {SweepWords.Of(v)}"));
        return title.Length <= RunService.MaxNameLength ? title : title[..(RunService.MaxNameLength - 1)] + "…";
    }

    private static IReadOnlyList<SweepAxis> Axes(Sweep row) => JsonSerializer.Deserialize<List<SweepAxis>>(row.SpaceJson, Json.Options) ?? [];

    private static SweepSummary Blank() => new() { Id = "", Name = "", Kind = default, Paths = [], Points = 0, Status = default, RunCounts = new Dictionary<string, int>(), CreatedAt = default, Version = "" };

    private static T Fill<T>(Sweep row, IReadOnlyList<ExperimentSummary> points, T view) where T : SweepSummary => view with
    {
        Id = row.Id, Name = row.Name, Question = row.Question, Kind = Enum.Parse<SweepKind>(row.Strategy, ignoreCase: true), Paths = [.. Axes(row).Select(a => a.Path)], Points = points.Count,
        Status = ExperimentList.Status([.. points.SelectMany(p => p.RunCounts.SelectMany(c => Enumerable.Repeat(Enum.Parse<RunStatus>(c.Key, ignoreCase: true), c.Value)))]),
        RunCounts = points.SelectMany(p => p.RunCounts).GroupBy(c => c.Key).ToDictionary(g => g.Key, g => g.Sum(c => c.Value)),
        BestRobust = points.Max(p => p.RobustAccuracy), CreatedBy = row.CreatedBy, CreatedAt = row.CreatedAt, TrashedAt = row.TrashedAt, Version = row.Version.ToString(),
    };
}
