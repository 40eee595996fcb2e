using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Evaluations;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Catalog;
using WebLab.Engine.Inspections;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Inspections;

/// <summary>Inspections: a look into a checkpoint; queued like runs and with the run's id. In the store they are evaluations with an empty battery.</summary>
public sealed class InspectionService(LabStore store, Intake intake, RunService runs, RunActions actions, Subjects subjects, DataDirectory data, Ids ids)
{
    public const int DefaultSamples = 512;

    /// <param name="runId">Only those of this run's checkpoints.</param>
    /// <param name="checkpointId">Only those of this checkpoint.</param>
    /// <param name="datasetId">Only those on this data set.</param>
    /// <param name="page">Which part of the list.</param>
    /// <param name="cancel">Ends the reading.</param>
    public async Task<Page<InspectionView>> List(string? runId, string? checkpointId, string? datasetId, PageRequest page, CancellationToken cancel)
    {
        await using var read = store.Read();
        var rows = await Rows(read).Where(r => (runId == null || r.Row.SourceRunId == runId) && (checkpointId == null || r.Row.CheckpointId == checkpointId)
                && (datasetId == null || r.Row.DatasetId == datasetId) && r.Run.TrashedAt == null && (page.After == null || r.Row.Id.CompareTo(page.After) < 0))
            .OrderByDescending(r => r.Row.Id).Take(page.Limit + 1).ToListAsync(cancel);
        return page.Cut<InspectionView>([.. rows.Select(View)], i => i.Id);
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<InspectionView> Get(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        return View(await Rows(read).SingleOrDefaultAsync(r => r.Row.Id == id, cancel) ?? throw Refusal.NotFound("inspection", id));
    }

    /// <summary>What the lenses found.</summary>
    /// <exception cref="Refusal">404; 409 before the end.</exception>
    public async Task<InspectionResults> Results(string id, CancellationToken cancel)
    {
        var view = await Get(id, cancel);
        var path = Path.Combine(data.Run(id), InspectionResults.FileName);
        return view.Status == RunStatus.Completed && File.Exists(path) ? JobJson.Read<InspectionResults>(path)
            : throw new Refusal(ProblemKinds.Conflict, $"findings are there once the inspection has completed; it is {Journal.Word(view.Status)}");
    }

    /// <summary>Queues an inspection.</summary>
    /// <exception cref="Refusal">400 with every field that is wrong; 404; 410 for a deleted checkpoint.</exception>
    public async Task<InspectionView> Create(NewInspection wanted, string? user, CancellationToken cancel)
    {
        var (checkpoint, source) = await subjects.Find(wanted.CheckpointId, wanted.RunId, cancel);
        var id = ids.Next();
        var request = Checked(wanted, source, $"runs/{id}/checkpoint");
        await intake.Queue(new NewRun(RunKind.Inspect, wanted.Name?.Trim() ?? $"Inside {source.Name}, epoch {checkpoint.Epoch}", JsonSerializer.Serialize(request, OptionsJson.Canonical))
        {
            Id = id, Seed = wanted.Seed, SubjectId = source.Id, Priority = wanted.Priority, CreatedBy = user,
            Evaluation = new EvaluationCard(checkpoint.Id, source.Id, request.Data, request.Version, request.Split.ToString().ToLowerInvariant(), request.Limit, "[]"),
        }, cancel, job => subjects.Link(checkpoint, job));
        return await Get(id, CancellationToken.None);
    }

    /// <exception cref="Refusal">404; 409 when it is over.</exception>
    public async Task<ActionResult> Cancel(string id, string? reason, CancellationToken cancel)
    {
        await Get(id, cancel);
        return await actions.Do(id, RunAction.Cancel, reason, cancel);
    }

    private InspectionRequest Checked(NewInspection wanted, Run source, string checkpoint)
    {
        var (dataset, version) = Subjects.Data(source, wanted.Data, wanted.Version);
        var node = new JsonObject { ["checkpoint"] = checkpoint, ["data"] = dataset, ["split"] = wanted.Split ?? "test", ["limit"] = wanted.Samples, ["seed"] = wanted.Seed };
        if (version is not null) node["version"] = version;
        if (wanted.Lenses is { } lenses) node["lenses"] = new JsonArray([.. lenses.Select(l => (JsonNode?)l)]);
        if (wanted.Attack is { } attack) node["attack"] = attack.DeepClone();
        if (wanted.Strengths is { } strengths) node["strengths"] = new JsonArray([.. strengths.Select(s => (JsonNode?)s)]);
        if (wanted.BatchSize is { } batch) node["batchSize"] = batch;
        var recipe = RecipeJson.Read(source.RequestJson).Recipe;
        if (Features(wanted.Features, recipe) is { } features) node["features"] = features;
        var request = subjects.Checked<InspectionRequest>(node, wanted.Priority, wanted.Name);
        if (recipe is not null && request.Features?.Misfits(recipe.Model).ToList() is { Count: > 0 } misfits)
            throw Refusal.Invalid([.. misfits.Select(f => ($"features.{f.Path}", f.Message))]);
        return request;
    }

    private static JsonObject? Features(JsonObject? wanted, Recipe? recipe)
    {
        var trained = recipe is null ? null : FeatureAttack.Of(recipe.Method, recipe.Model);
        if (trained is null) return wanted?.DeepClone().AsObject();
        var node = JsonSerializer.SerializeToNode(trained, OptionsJson.Canonical)!.AsObject();
        foreach (var (name, value) in wanted ?? []) node[name] = value?.DeepClone();
        return node;
    }

    private static IQueryable<Joined> Rows(LabContext read) =>
        from e in read.Evaluations
        join r in read.Runs on e.Id equals r.Id
        where r.Kind == RunKind.Inspect
        join s in read.Runs on e.SourceRunId equals s.Id into sources
        from s in sources.DefaultIfEmpty()
        join c in read.Checkpoints on e.CheckpointId equals c.Id into checkpoints
        from c in checkpoints.DefaultIfEmpty()
        select new Joined { Row = e, Run = r, Source = s!.Name, Epoch = c!.Epoch };

    private InspectionView View(Joined of)
    {
        var (row, summary) = (of.Row, runs.Summary(of.Run));
        var lenses = JsonNode.Parse(of.Run.RequestJson)?["lenses"]?.AsArray().Select(l => (string)l!).ToList() ?? [];
        return new InspectionView(row.Id, of.Run.Name, of.Run.Status, of.Run.StatusReason, row.CheckpointId, row.SourceRunId, of.Source ?? "", of.Epoch ?? 0, row.DatasetId,
            row.DatasetVersion, row.Split, row.Samples, lenses, JsonNode.Parse(of.Run.SummaryJson)!, summary.Failure, summary.Actions, row.CreatedAt, of.Run.StartedAt,
            of.Run.FinishedAt, of.Run.LastSeq, summary.Version);
    }

    private sealed class Joined
    {
        public required Evaluation Row { get; init; }
        public required Run Run { get; init; }

        /// <summary>Null once the run was purged.</summary>
        public string? Source { get; init; }
        public int? Epoch { get; init; }
    }
}
