using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lint;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Evaluations;

/// <summary>Evaluations: an attack battery against a checkpoint; queued like runs and with the run's id.</summary>
public sealed class EvaluationService(LabStore store, Intake intake, RunService runs, RunActions actions, Subjects subjects, DataDirectory data, Ids ids)
{
    /// <exception cref="Refusal">400 for a status that there is not.</exception>
    public async Task<Page<EvaluationView>> List(EvaluationQuery query, PageRequest page, CancellationToken cancel)
    {
        await using var read = store.Read();
        var statuses = string.IsNullOrWhiteSpace(query.Status) ? null : query.Status.Split(',', StringSplitOptions.TrimEntries).Select(Status).ToList();
        var pattern = string.IsNullOrWhiteSpace(query.Text) ? null : Filter.Anywhere(query.Text.Trim());
        var rows = await read.Evaluations.Where(e => (query.RunId == null || e.SourceRunId == query.RunId) && (query.CheckpointId == null || e.CheckpointId == query.CheckpointId)
                && (query.DatasetId == null || e.DatasetId == query.DatasetId))
            .Where(e => page.After == null || e.Id.CompareTo(page.After) < 0)
            .Where(e => read.Runs.Any(r => r.Id == e.Id && r.Kind == RunKind.Evaluate && r.TrashedAt == null
                && (statuses == null || statuses.Contains(r.Status)) && (pattern == null || EF.Functions.Like(r.Name, pattern, @"\"))))
            .OrderByDescending(e => e.Id).Take(page.Limit + 1).ToListAsync(cancel);
        var wanted = rows.Select(e => e.Id).ToList();
        var jobs = await read.Runs.Where(r => wanted.Contains(r.Id)).ToDictionaryAsync(r => r.Id, cancel);
        var cells = (await read.AttackResults.Where(c => wanted.Contains(c.EvaluationId)).ToListAsync(cancel)).ToLookup(c => c.EvaluationId);
        return page.Cut<EvaluationView>([.. rows.Select(e => View(e, jobs[e.Id], cells[e.Id]))], e => e.Id);
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<EvaluationView> Get(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        var row = await read.Evaluations.SingleOrDefaultAsync(e => e.Id == id, cancel) ?? throw Refusal.NotFound("evaluation", id);
        var run = await RunService.Find(read, id, cancel);
        if (run.Kind != RunKind.Evaluate) throw Refusal.NotFound("evaluation", id);
        return View(row, run, await read.AttackResults.Where(c => c.EvaluationId == id).ToListAsync(cancel));
    }

    /// <summary>Queues an evaluation. The checkpoint's files are linked into its folder, so that training may go on and drop them.</summary>
    /// <exception cref="Refusal">400 with every field that is wrong; 404; 410 for a deleted checkpoint.</exception>
    public async Task<EvaluationView> Create(NewEvaluation wanted, string? user, CancellationToken cancel)
    {
        var (checkpoint, source) = await subjects.Find(wanted.CheckpointId, wanted.RunId, cancel);
        var id = ids.Next();
        var (dataset, version) = Subjects.Data(source, wanted.Data, wanted.Version);
        var request = Checked(wanted, dataset, version, $"runs/{id}/checkpoint");
        var battery = JsonSerializer.Serialize(request.Stages().Select(s => s.Options), OptionsJson.Canonical);
        var what = wanted.Attacks switch { null => wanted.Battery ?? Batteries.Quick, { Count: > 0 } => "battery", _ => wanted.Corruptions is { Count: > 0 } ? "corruptions" : "clean" };
        var name = wanted.Name?.Trim() ?? $"{what} on {source.Name}, epoch {checkpoint.Epoch}{(wanted.Group is { } part ? $", {part}" : "")}";
        await intake.Queue(new NewRun(RunKind.Evaluate, name, JsonSerializer.Serialize(request, OptionsJson.Canonical))
        {
            Id = id, Seed = wanted.Seed, SubjectId = source.Id, Priority = wanted.Priority, CreatedBy = user,
            Evaluation = new EvaluationCard(checkpoint.Id, source.Id, request.Data, request.Version, request.Split.ToString().ToLowerInvariant(), request.Limit, battery),
        }, cancel, job => subjects.Link(checkpoint, job));
        return await Get(id, CancellationToken.None);
    }

    /// <exception cref="Refusal">404; 409 when it is over.</exception>
    public async Task<ActionResult> Cancel(string id, string? reason, CancellationToken cancel)
    {
        await Get(id, cancel);
        return await actions.Do(id, RunAction.Cancel, reason, cancel);
    }

    /// <summary>What became of each image, once the evaluation has completed.</summary>
    /// <exception cref="Refusal">404; 409 before the end; 400 for an attack that the battery does not have.</exception>
    public async Task<Page<SampleOutcome>> Samples(string id, SampleQuery query, PageRequest page, CancellationToken cancel)
    {
        var view = await Get(id, cancel);
        var path = Path.Combine(data.Run(id), OutcomeFiles.All);
        if (view.Status != RunStatus.Completed || !File.Exists(path)) throw new Refusal(ProblemKinds.Conflict, $"outcomes per image are there once the evaluation has completed; it is {Journal.Word(view.Status)}");
        var table = OutcomeTable.Read(path);
        if (query.Attack is { } attack && !table.Attacks.Contains(attack)) throw Refusal.Invalid("attack", $"got '{attack}', wanted one of {string.Join(", ", table.Attacks)}");
        var after = page.After is { } key && long.TryParse(key, out var index) ? index : -1;
        var rows = Outcomes(table, query.Attack is { } one ? [one] : table.Attacks).Where(s => s.Index > after)
            .Where(s => query.Class is null || s.Label == query.Class)
            .Where(s => query.Flipped is null || s.Attacks.Values.Any(a => a.Broken) == query.Flipped);
        return page.Cut<SampleOutcome>([.. rows.Take(page.Limit + 1)], s => s.Index.ToString());
    }

    /// <summary>Accuracy under common corruptions, once the evaluation has completed.</summary>
    /// <exception cref="Refusal">404, also where none was tried; 409 before the end.</exception>
    public async Task<CorruptionResults> Corruptions(string id, CancellationToken cancel)
    {
        var view = await Get(id, cancel);
        if (view.Status != RunStatus.Completed) throw new Refusal(ProblemKinds.Conflict, $"figures of corruptions are there once the evaluation has completed; it is {Journal.Word(view.Status)}");
        return Results(id)?.Corruptions ?? throw Refusal.NotFound("figures of corruptions of evaluation", id);
    }

    /// <summary>Accuracy over the radius, once the evaluation has completed.</summary>
    /// <exception cref="Refusal">404, also where no curve was asked for; 409 before the end.</exception>
    public async Task<CurveResults> Curve(string id, CancellationToken cancel)
    {
        var view = await Get(id, cancel);
        if (view.Status != RunStatus.Completed) throw new Refusal(ProblemKinds.Conflict, $"the curve is there once the evaluation has completed; it is {Journal.Word(view.Status)}");
        return Results(id)?.Curve ?? throw Refusal.NotFound("curve of evaluation", id);
    }

    private EvaluationResults? Results(string id) => Path.Combine(data.Run(id), "results.json") is var path && File.Exists(path) ? JobJson.Read<EvaluationResults>(path) : null;

    private static IEnumerable<SampleOutcome> Outcomes(OutcomeTable table, IReadOnlyList<string> attacks)
    {
        var (index, label, predicted) = (table.Integers("index"), table.Integers("clean.label"), table.Integers("clean.predicted"));
        var columns = attacks.Select(a => (Name: a, Broken: table.Flags($"{a}.broken"), Error: table.Flags($"{a}.error"), Predicted: table.Integers($"{a}.predicted"),
            Linf: table.Numbers($"{a}.linf"), L2: table.Numbers($"{a}.l2"))).ToList();
        for (var i = 0; i < index.Length; i++)
            yield return new SampleOutcome(index[i], (int)label[i], (int)predicted[i],
                columns.ToDictionary(c => c.Name, c => new AttackedSample(c.Broken[i], c.Error[i], (int)c.Predicted[i], c.Linf[i], c.L2[i])));
    }

    private EvaluationRequest Checked(NewEvaluation wanted, string dataset, string? version, string checkpoint)
    {
        var attacks = wanted.Attacks?.DeepClone() ?? Batteries.Find(wanted.Battery ?? Batteries.Quick)
            ?? throw Refusal.Invalid("battery", $"got '{wanted.Battery}', wanted one of {string.Join(", ", Batteries.Names)}");
        var node = new JsonObject { ["checkpoint"] = checkpoint, ["data"] = dataset, ["split"] = wanted.Split ?? "test", ["attacks"] = attacks, ["seed"] = wanted.Seed };
        if (version is not null) node["version"] = version;
        if ((wanted.Samples ?? (wanted.Attacks is null && wanted.Battery is null or Batteries.Quick ? Batteries.QuickSamples : null)) is { } samples) node["limit"] = samples;
        if (wanted.BatchSize is { } batch) node["batchSize"] = batch;
        if (wanted.Group is { } group) node["group"] = group;
        if (wanted.Mode is { } mode) node["mode"] = mode;
        if (wanted.Precision is { } precision) node["precision"] = precision;
        if (wanted.LintImages is { } checkedOn) node["lintImages"] = checkedOn;
        if (wanted.KeepImages is { } room) node["keepImages"] = room;
        if (wanted.BankWeight is { } weight) node["bankWeight"] = weight;
        if (wanted.Device is { } device) node["device"] = device;
        if (wanted.Corruptions is { } corruptions) node["corruptions"] = JsonSerializer.SerializeToNode(corruptions);
        if (wanted.Severities is { } severities) node["severities"] = JsonSerializer.SerializeToNode(severities);
        if (wanted.CorruptionBaseline is { } baseline) node["corruptionBaseline"] = Baseline(baseline);
        if (wanted.Curve is { } curve) node["curve"] = JsonSerializer.SerializeToNode(curve);
        if (wanted.CurveAttack is { } over) node["curveAttack"] = over.DeepClone();
        return subjects.Checked<EvaluationRequest>(node, wanted.Priority, wanted.Name);
    }

    private static int Corruptions(Run run) =>
        CorruptionNames.Chosen([.. JsonNode.Parse(run.RequestJson)!["corruptions"]?.AsArray().Select(n => (string)n!) ?? []], null).Count;

    // Radii of the curve, which comes after the attacks, and those that are tried afresh.
    private static int Curve(Run run)
    {
        Budget[] radii = [.. JsonNode.Parse(run.RequestJson)!["curve"]?.AsArray().Select(n => Budget.Parse((string)n!)) ?? []];
        return radii.Length == 0 ? 0 : radii.Length + RadiusCurve.Audited(radii).Count;
    }

    // As the job wants it: a folder, never one that the caller makes up.
    private string Baseline(string name)
    {
        if (CorruptionBaseline.IsBuiltIn(name)) return name;
        // A request that is made once more names the folder.
        if (name.StartsWith("runs/", StringComparison.Ordinal)) name = name["runs/".Length..];
        if (Ids.IsId(name) && Results(name)?.Corruptions is not null) return Path.Combine("runs", name);
        throw Refusal.Invalid("corruptionBaseline", $"got '{name}', wanted alexnet or the id of a completed evaluation that tried corruptions");
    }

    private EvaluationView View(Store.Entities.Evaluation row, Run run, IEnumerable<Store.Entities.AttackResult> results)
    {
        var options = JsonNode.Parse(row.BatteryJson)!.AsArray();
        var cells = results.OrderBy(c => c.Position).Select(c => new AttackCell(c.Position, c.Attack, c.Position >= 1 && c.Position <= options.Count ? options[c.Position - 1]!.DeepClone() : null,
            c.Done, c.Total, c.Accuracy, c.Low, c.High, c.Seconds, c.ForwardPasses, c.BackwardPasses)).ToList();
        var worst = JsonNode.Parse(run.SummaryJson)!["eval.worst"]?.GetValue<double>();
        var summary = runs.Summary(run);
        // Corruptions come between the clean pass and the attacks.
        var corruptions = Corruptions(run);
        var corrupted = cells.Count > 1 || run.Status == RunStatus.Completed ? corruptions : 0;
        var curve = Curve(run);
        var curved = run.Status == RunStatus.Completed ? curve : 0;
        return new EvaluationView(row.Id, run.Name, run.Status, run.StatusReason, (cells.Sum(c => c.Total > 0 ? (double)c.Done / c.Total : 1) + corrupted + curved) / (options.Count + 1 + corruptions + curve), row.CheckpointId, row.SourceRunId, row.DatasetId,
            row.DatasetVersion, row.Split, row.Samples, worst, cells, summary.Failure, summary.Actions, row.CreatedAt, run.StartedAt, run.FinishedAt, run.LastSeq, summary.Version, options,
            Grade(row.BatteryJson, run, cells.Skip(1).Count(c => c.Done >= c.Total)), run.Seed, Letter(run));
    }

    private static string? Letter(Run run) => JsonNode.Parse(run.SummaryJson)!["eval.lint"]?.GetValue<double>() is { } points and >= 0 and <= 4 ? LintReport.Letters[(int)points].ToString() : null;

    private static RunStatus Status(string word) => Enum.GetValues<RunStatus>().Where(s => Journal.Word(s) == word).Select(s => (RunStatus?)s).FirstOrDefault()
        ?? throw Refusal.Invalid("status", $"got '{word}', wanted some of {string.Join(", ", Enum.GetValues<RunStatus>().Select(Journal.Word))}, between commas");

    // Before the end a figure rests on the attacks that are through; the budget is that of all.
    private static BatteryGrade Grade(string battery, Run run, int through)
    {
        var attacks = JsonSerializer.Deserialize<IReadOnlyList<AttackOptions>>(battery, OptionsJson.Canonical)!;
        var precision = (string?)JsonNode.Parse(run.RequestJson)?["precision"] == "bf16" ? Precision.Bf16 : Precision.Fp32;
        var whole = BatteryGrade.Of(attacks, precision);
        return run.Status == RunStatus.Completed ? whole : BatteryGrade.Of([.. attacks.Take(through)], precision) with { Budget = whole.Budget };
    }
}
