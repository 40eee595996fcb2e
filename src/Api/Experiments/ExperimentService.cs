using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Experiments;

/// <summary>Experiments: a recipe, the question it answers, and one run per seed.</summary>
public sealed class ExperimentService(LabStore store, Intake intake, RunService runs, CostModel cost, DataDirectory data, Ids ids, TimeProvider time)
{
    public const int MaxSeeds = 64;

    public async Task<Page<ExperimentSummary>> List(ExperimentQuery query, PageRequest page, CancellationToken cancel)
    {
        await using var read = store.Read();
        var now = time.GetUtcNow();
        var rows = await ExperimentList.Take(read, ExperimentList.Narrow(read, query, now), query.Sort, page, now, cancel);
        var cut = page.Cut(rows, x => x.Key);
        return new Page<ExperimentSummary>(await Summaries(read, [.. cut.Items.Select(x => x.Row)], cancel), cut.NextCursor);
    }

    /// <summary>Points of sweeps that are not in the trash, or went there with their sweep.</summary>
    internal async Task<IReadOnlyList<ExperimentSummary>> OfSweeps(IReadOnlyList<string> sweepIds, CancellationToken cancel)
    {
        await using var read = store.Read();
        var rows = await read.Experiments.Where(x => sweepIds.Contains(x.SweepId!) && (x.TrashedAt == null || read.Sweeps.Any(s => s.Id == x.SweepId && s.TrashedAt == x.TrashedAt))).OrderBy(x => x.Id).ToListAsync(cancel);
        return await Summaries(read, rows, cancel);
    }

    /// <summary>Whether a query can be read; reads nothing.</summary>
    /// <exception cref="Refusal">400 naming the part that cannot.</exception>
    public void Check(ExperimentQuery query)
    {
        using var read = store.Read();
        ExperimentList.Narrow(read, query, time.GetUtcNow());
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<ExperimentDetail> Get(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        var row = await Find(read, id, cancel);
        var children = await read.Runs.Where(r => r.ExperimentId == id && r.TrashedAt == row.TrashedAt).OrderBy(r => r.Id).ToListAsync(cancel);
        return Fill(read, row, [.. children.Select(Course.From)], new ExperimentDetail
        {
            Id = "", Name = "", Tags = [], Method = "", Architecture = "", DatasetId = "", Status = default, RunCounts = new Dictionary<string, int>(), CreatedAt = default, Version = "",
            Notes = row.Notes,
            Recipe = JsonNode.Parse(row.RecipeJson)!,
            RecipeHash = row.RecipeHash,
            Keep = KeepPolicy.Read(row.KeepJson),
            ParentId = row.ParentId,
            Runs = [.. children.Select(runs.Summary)],
        });
    }

    /// <summary>Checks a recipe by the rules that hold everywhere and says what it would cost; stores nothing.</summary>
    public async Task<RecipeVerdict> Validate(RecipeDraft draft, CancellationToken cancel)
    {
        var checkedRecipe = RecipeJson.Read(draft.Recipe);
        var errors = checkedRecipe.Errors.Concat(checkedRecipe.Recipe is { } sound ? Missing(sound) : []).Concat(SeedErrors(draft.Seeds)).ToList();
        var estimate = checkedRecipe.Recipe is { } recipe && errors.Count == 0 ? await cost.Estimate(recipe, draft.Seeds?.Count ?? 1, cancel) : null;
        return new RecipeVerdict(errors.Count == 0, [.. errors.Select(e => new RecipeFinding(e.Path, e.Message))],
            [.. checkedRecipe.Warnings.Select(w => new RecipeFinding(w.Path, w.Message))], estimate, checkedRecipe.Recipe is { } read ? RecipeJson.Hash(read) : null);
    }

    /// <summary>Stores an experiment and queues a run for each seed.</summary>
    /// <exception cref="Refusal">400 with every field that is wrong.</exception>
    public Task<ExperimentDetail> Create(NewExperiment wanted, string? user, CancellationToken cancel) => Create(wanted, user, cancel, null);

    /// <inheritdoc cref="Create(NewExperiment, string?, CancellationToken)"/>
    internal async Task<ExperimentDetail> Create(NewExperiment wanted, string? user, CancellationToken cancel, SweepMark? sweep)
    {
        var read = RecipeJson.Read(wanted.Recipe);
        var errors = read.Errors.Concat(read.Recipe is { } sound ? Missing(sound) : []).Select(e => (e.Path.Length == 0 ? "recipe" : $"recipe.{e.Path}", e.Message))
            .Concat(SeedErrors(wanted.Seeds).Select(e => (e.Path, e.Message)))
            .Concat(Texts.Errors(wanted.Name, wanted.Notes, wanted.Tags)).Concat(Texts.Errors(null, wanted.Question, null).Select(e => ("question", e.Message))).ToList();
        if (wanted.Priority is < -100 or > 100) errors.Add(("priority", $"got {wanted.Priority}, wanted -100 to 100"));
        if (errors.Count > 0) throw Refusal.Invalid(errors);

        var recipe = read.Recipe!;
        var row = new Experiment
        {
            Id = ids.Next(), Name = wanted.Name?.Trim() ?? recipe.Name ?? Title(recipe), Question = wanted.Question, Notes = wanted.Notes ?? recipe.Notes ?? "",
            TagList = Tags.Write(wanted.Tags ?? []), RecipeJson = RecipeJson.Canonical(recipe), RecipeHash = RecipeJson.Hash(recipe),
            Method = Kinds.Methods.KindOf(recipe.Method), Architecture = Kinds.Architectures.KindOf(recipe.Model), DatasetId = recipe.Data.Id,
            ParentId = wanted.ParentId, SweepId = sweep?.SweepId, SweepPoint = sweep?.Point, KeepJson = JsonSerializer.Serialize(wanted.Keep ?? DefaultKeep(), JobJson.Options), CreatedBy = user, CreatedAt = time.GetUtcNow(),
        };
        await store.Write(c => { c.Experiments.Add(row); }, cancel);
        if (wanted.Start) await QueueRuns(row, recipe, wanted.Seeds ?? [recipe.Seed], wanted.Priority, user, cancel, sweep);
        return await Get(row.Id, CancellationToken.None);
    }

    /// <summary>Queues further runs of an experiment.</summary>
    /// <exception cref="Refusal">400, 404.</exception>
    public async Task<IReadOnlyList<RunSummary>> AddRuns(string id, NewRuns wanted, string? user, CancellationToken cancel)
    {
        await using var read = store.Read();
        var row = await Find(read, id, cancel);
        var recipe = RecipeJson.Read(row.RecipeJson);
        var errors = SeedErrors(wanted.Seeds).Select(e => (e.Path, e.Message))
            .Concat(recipe.Errors.Concat(recipe.Recipe is { } sound ? Missing(sound) : []).Select(e => ($"recipe.{e.Path}", e.Message))).ToList();
        if (wanted.Seeds.Count == 0) errors.Add(("seeds", "wanted at least one seed"));
        if (errors.Count > 0) throw Refusal.Invalid(errors);
        return await QueueRuns(row, recipe.Recipe!, wanted.Seeds, wanted.Priority, user, cancel);
    }

    /// <summary>A draft with the same recipe, to be changed or started.</summary>
    public async Task<ExperimentDetail> Clone(string id, CloneRequest? wanted, string? user, CancellationToken cancel)
    {
        var original = await Get(id, cancel);
        return await Create(new NewExperiment(original.Recipe, wanted?.Name ?? $"{original.Name} (copy)", original.Question, original.Notes, original.Tags,
            Keep: original.Keep, Start: false, ParentId: id), user, cancel);
    }

    /// <exception cref="Refusal">400 with every field that is wrong; 404; 412.</exception>
    public async Task<ExperimentDetail> Patch(string id, ExperimentPatch patch, IfMatch expected, CancellationToken cancel)
    {
        Texts.Check(patch.Name, patch.Notes, patch.Tags);
        await Change(id, expected, row =>
        {
            row.Name = patch.Name?.Trim() ?? row.Name;
            row.Question = patch.Question ?? row.Question;
            row.Notes = patch.Notes ?? row.Notes;
            if (patch.Tags is not null) row.TagList = Tags.Write(patch.Tags);
        }, cancel);
        await RewriteCards(id, cancel);
        return await Get(id, cancel);
    }

    public Task Archive(string id, CancellationToken cancel) => Change(id, new IfMatch("*"), row => row.ArchivedAt ??= time.GetUtcNow(), cancel);

    /// <summary>Out of archive and trash, with its runs.</summary>
    public Task Restore(string id, CancellationToken cancel) => Change(id, new IfMatch("*"), (row, c) =>
    {
        foreach (var run in c.Runs.Where(r => r.ExperimentId == id && r.TrashedAt == row.TrashedAt)) run.TrashedAt = null;
        (row.ArchivedAt, row.TrashedAt) = (null, null);
    }, cancel);

    /// <summary>Into the trash, with its runs.</summary>
    /// <exception cref="Refusal">404; 409 while a run works; 412.</exception>
    public Task Trash(string id, IfMatch expected, CancellationToken cancel) => Change(id, expected, (row, c) =>
    {
        var children = c.Runs.Where(r => r.ExperimentId == id && r.TrashedAt == null).ToList();
        if (children.FirstOrDefault(r => StateMachine.HasWorker(r.Status)) is { } busy)
            throw Refusal.InvalidTransition($"its run {busy.Id} works; cancel it first", [RunActions.Word(RunAction.Cancel)]);
        row.TrashedAt ??= time.GetUtcNow();
        foreach (var run in children) run.TrashedAt = row.TrashedAt;
    }, cancel);

    private async Task<IReadOnlyList<RunSummary>> QueueRuns(Experiment row, Recipe recipe, IReadOnlyList<int> seeds, int priority, string? user, CancellationToken cancel, SweepMark? sweep = null)
    {
        var queued = new List<RunSummary>();
        foreach (var seed in seeds)
        {
            var frozen = Frozen(recipe) with { Seed = seed };
            var run = await intake.Queue(new NewRun(RunKind.Train, seeds.Count > 1 ? $"{row.Name}, seed {seed}" : row.Name, RecipeJson.Canonical(frozen))
            {
                RequestHash = RecipeJson.Hash(frozen), Seed = seed, Experiment = row, Priority = priority, CreatedBy = user,
            }, cancel, sweep is null ? null : folder => Durable.Replace(SweepCard.Path(folder), sweep.Card));
            queued.Add(runs.Summary(run));
        }
        return queued;
    }

    private KeepPolicy DefaultKeep()
    {
        using var rows = store.Read();
        return Machine.RetentionPolicy.Read(rows).Keep;
    }

    // A run names the version of its data, so that it can be done again.
    private Recipe Frozen(Recipe recipe) => recipe.Data.Version is null && DatasetShelf.In(data.Root).Find(recipe.Data.Id) is { } newest
        ? recipe with { Data = recipe.Data with { Version = newest.Version } } : recipe;

    internal IEnumerable<Finding> Missing(Recipe recipe)
    {
        var shelf = DatasetShelf.In(data.Root);
        if (recipe.Data.Id != Shapes32.Id && shelf.Find(recipe.Data.Id) is null)
            yield return new Finding("data.id", $"there is no data set '{recipe.Data.Id}'; import it first, or choose one of {string.Join(", ", shelf.List().Select(m => m.Id).Append(Shapes32.Id).Distinct())}");
        else if (recipe.Data.Version is { } version && shelf.Find(recipe.Data.Id, version) is null)
            yield return new Finding("data.version", $"the data set '{recipe.Data.Id}' has no version '{version}'; leave it out for the newest");
        else if (shelf.Find(recipe.Data.Id, recipe.Data.Version) is { TestOnly: true } tests)
            yield return new Finding("data.id", $"'{tests.Id}' has no training images; it is for evaluations alone");
        else if (shelf.Find(recipe.Data.Id, recipe.Data.Version) is { } set && CentreCrop.Misfit(recipe.Data.Crop, set.Shape, $"'{set.Id}'") is { } misfit)
            yield return new Finding("data.crop", $"{misfit}; write less, leave it out, or import the data set with a larger size");
    }

    internal static IEnumerable<Finding> SeedErrors(IReadOnlyList<int>? seeds)
    {
        if (seeds is null) yield break;
        if (seeds.Count > MaxSeeds) yield return new Finding("seeds", $"wanted at most {MaxSeeds}; got {seeds.Count}");
        if (seeds.Distinct().Count() < seeds.Count) yield return new Finding("seeds", "names a seed twice");
        for (var i = 0; i < seeds.Count; i++)
            if (seeds[i] < 0) yield return new Finding($"seeds[{i}]", $"must be 0 or more; got {seeds[i]}");
    }

    private static string Title(Recipe recipe) => $"{Kinds.Methods.KindOf(recipe.Method)} {Kinds.Architectures.KindOf(recipe.Model)} on {recipe.Data.Id}";

    private static async Task<Experiment> Find(LabContext read, string id, CancellationToken cancel) =>
        await read.Experiments.SingleOrDefaultAsync(x => x.Id == id, cancel) ?? throw Refusal.NotFound("experiment", id);

    private Task Change(string id, IfMatch expected, Action<Experiment> change, CancellationToken cancel) => Change(id, expected, (row, _) => change(row), cancel);

    private Task Change(string id, IfMatch expected, Action<Experiment, LabContext> change, CancellationToken cancel) => store.Write(c =>
    {
        var row = c.Experiments.Find(id) ?? throw Refusal.NotFound("experiment", id);
        expected.Require(row.Version.ToString());
        change(row, c);
        row.Version++;
    }, cancel);

    // The folders are the truth: they learn the new names too.
    private async Task RewriteCards(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        var experiment = ExperimentCard.Of(await Find(read, id, cancel));
        foreach (var runId in await read.Runs.Where(r => r.ExperimentId == id).Select(r => r.Id).ToListAsync(cancel))
            if (RunCard.Read(new JobFolder(data.Run(runId))) is { } card) (card with { Experiment = experiment }).Write(new JobFolder(data.Run(runId)));
    }

    private async Task<IReadOnlyList<ExperimentSummary>> Summaries(LabContext read, IReadOnlyList<Experiment> rows, CancellationToken cancel)
    {
        var wanted = rows.Select(x => x.Id).ToList();
        var children = (await read.Runs.Where(r => wanted.Contains(r.ExperimentId!)).Select(Course.Of).ToListAsync(cancel)).ToLookup(r => r.ExperimentId);
        return [.. rows.Select(x => Fill(read, x, [.. children[x.Id].Where(r => r.TrashedAt == x.TrashedAt)], Blank()))];
    }

    private static ExperimentSummary Blank() => new()
    {
        Id = "", Name = "", Tags = [], Method = "", Architecture = "", DatasetId = "", Status = default, RunCounts = new Dictionary<string, int>(), CreatedAt = default, Version = "",
    };

    private T Fill<T>(LabContext read, Experiment row, IReadOnlyList<Course> children, T view) where T : ExperimentSummary
    {
        var started = children.Min(r => r.StartedAt);
        var ended = children.All(r => StateMachine.IsTerminal(r.Status)) ? children.Max(r => r.FinishedAt) : time.GetUtcNow();
        var (clean, robust) = (Spread.Of(children.Select(r => r.Clean)), Spread.Of(children.Select(r => r.Robust)));
        return view with
        {
            Id = row.Id, Name = row.Name, Question = row.Question, Tags = Tags.Read(row.TagList), Method = row.Method, Architecture = row.Architecture,
            DatasetId = row.DatasetId, Status = ExperimentList.Status([.. children.Select(r => r.Status)]),
            RunCounts = children.GroupBy(r => Journal.Word(r.Status)).ToDictionary(g => g.Key, g => g.Count()), RunIds = [.. children.Select(r => r.Id).Order(StringComparer.Ordinal)],
            CleanAccuracy = clean?.Mean, RobustAccuracy = robust?.Mean, Clean = clean, Robust = robust, Best = Spread.Of(children.Select(r => r.Best)),
            Seconds = started is null ? null : (ended - started)?.TotalSeconds, CreatedBy = row.CreatedBy, CreatedAt = row.CreatedAt,
            ArchivedAt = row.ArchivedAt, TrashedAt = row.TrashedAt, PurgedAt = row.TrashedAt is { } trashed ? trashed.AddDays(Machine.RetentionPolicy.Read(read).TrashDays) : null, SweepId = row.SweepId, SweepPoint = row.SweepPoint is { } place ? JsonNode.Parse(place) : null, Version = row.Version.ToString(),
        };
    }
}
