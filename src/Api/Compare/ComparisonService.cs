using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Evaluations;
using WebLab.Api.Http;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Evaluations;

namespace WebLab.Api.Compare;

/// <summary>Sets training runs side by side: figures, recipes, verdicts.</summary>
public sealed class ComparisonService(LabStore store, EvaluationReports reports)
{
    public const int Fewest = 2, Most = 20;

    // What people wrote, not what was done.
    private static readonly HashSet<string> Words = ["name", "notes", "quoted"];

    /// <param name="ids">Of training runs, in the order of the columns; what is not here is listed as missing.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="Refusal">400 for fewer than two, more than twenty, or one named twice.</exception>
    public async Task<Comparison> Compare(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        if (ids.Count is < Fewest or > Most) throw Refusal.Invalid("runs", $"got {ids.Count} runs, wanted {Fewest} to {Most}, between commas");
        if (ids.GroupBy(i => i).FirstOrDefault(g => g.Count() > 1) is { } twice) throw Refusal.Invalid("runs", $"names '{twice.Key}' twice");
        await using var read = store.Read();
        var rows = await read.Runs.Where(r => ids.Contains(r.Id) && r.Kind == RunKind.Train && r.TrashedAt == null).ToDictionaryAsync(r => r.Id, cancel);
        var runs = ids.Where(rows.ContainsKey).Select(id => rows[id]).ToList();
        var experimentIds = runs.Select(r => r.ExperimentId).OfType<string>().Distinct().ToList();
        var experiments = await read.Experiments.Where(x => experimentIds.Contains(x.Id)).ToDictionaryAsync(x => x.Id, x => x.Name, cancel);
        var evaluations = await Evaluated(read, [.. runs.Select(r => r.Id)], cancel);
        var compared = runs.Select(r => new ComparedRun(r.Id, runs.Count(o => o.Name == r.Name) > 1 ? $"{r.Name} ({r.Id[^6..]})" : r.Name, r.Status, r.Seed, r.ExperimentId,
            r.ExperimentId is { } x ? experiments.GetValueOrDefault(x) : null, r.Device, evaluations[r.Id].FirstOrDefault()?.Id, evaluations[r.Id].FirstOrDefault(e => e.HasCurve)?.Id)).ToList();
        var cells = await Cells(read, compared, cancel);
        return new Comparison(compared, [.. ids.Where(id => !rows.ContainsKey(id))], Groups(compared), Figures(runs, compared, cells), Recipes(runs));
    }

    /// <summary>The first run that has an evaluation against each of the others.</summary>
    /// <exception cref="Refusal">As <see cref="Compare"/>.</exception>
    public async Task<IReadOnlyList<RunVerdict>> Verdicts(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        var compared = (await Compare(ids, cancel)).Runs;
        if (compared.FirstOrDefault(r => r.EvaluationId is not null) is not { EvaluationId: { } own } first) return [];
        var verdicts = new List<RunVerdict>();
        foreach (var other in compared.Where(r => r != first)) verdicts.Add(await Verdict(first, own, other, cancel));
        return verdicts;
    }

    private async Task<RunVerdict> Verdict(ComparedRun first, string own, ComparedRun other, CancellationToken cancel)
    {
        RunVerdict Silent(string why) => new(first.Id, other.Id, own, other.EvaluationId, why, null, null, null, null, null, false);
        if (other.EvaluationId is not { } theirs) return Silent($"{other.Name} has no completed evaluation.");
        try
        {
            // The last row of a pairing is the strictest figure that both have; the sentence is about it.
            var paired = (await reports.Compare(own, theirs, cancel)).Paired;
            var verdict = paired.Rows[^1].Verdict;
            return new RunVerdict(first.Id, other.Id, own, theirs, verdict.Sentence(first.Name, other.Name, paired.Rows.Count > 1 ? "more robust" : "more accurate"),
                verdict.Difference, verdict.Low, verdict.High, verdict.P, verdict.Pairs, verdict.Claimed);
        }
        catch (Refusal e)
        {
            return Silent($"{first.Name} and {other.Name} cannot be paired: {e.Message}");
        }
    }

    private sealed record Judged(string Id, bool HasCurve);

    private static async Task<ILookup<string, Judged>> Evaluated(LabContext read, IReadOnlyList<string> runIds, CancellationToken cancel)
    {
        var found = await read.Evaluations.Where(e => runIds.Contains(e.SourceRunId!))
            .Join(read.Runs.Where(r => r.Status == RunStatus.Completed && r.TrashedAt == null), e => e.Id, r => r.Id, (e, r) => new { e.Id, e.SourceRunId, r.RequestJson })
            .OrderByDescending(e => e.Id).ToListAsync(cancel);
        return found.ToLookup(e => e.SourceRunId!, e => new Judged(e.Id, JsonNode.Parse(e.RequestJson)!["curve"] is JsonArray { Count: > 0 }));
    }

    private static async Task<Dictionary<string, Dictionary<string, double>>> Cells(LabContext read, IReadOnlyList<ComparedRun> compared, CancellationToken cancel)
    {
        var wanted = compared.Select(r => r.EvaluationId).OfType<string>().ToList();
        var cells = (await read.AttackResults.Where(c => wanted.Contains(c.EvaluationId)).ToListAsync(cancel)).ToLookup(c => c.EvaluationId);
        var worst = await read.Runs.Where(r => wanted.Contains(r.Id)).ToDictionaryAsync(r => r.Id, r => r.SummaryJson, cancel);
        return wanted.ToDictionary(id => id, id =>
        {
            var values = cells[id].Where(c => c.Done > 0 && c.Accuracy is not null).GroupBy(c => c.Attack).ToDictionary(g => $"eval.{g.Key}", g => (double)g.First().Accuracy!);
            if (JsonNode.Parse(worst[id])!["eval.worst"]?.GetValue<double>() is { } share) values["eval.worst"] = share;
            return values;
        });
    }

    private static IReadOnlyList<SeedGroup> Groups(IReadOnlyList<ComparedRun> compared) =>
        [.. compared.Select((r, k) => (Run: r, Place: k)).GroupBy(r => r.Run.ExperimentId ?? r.Run.Id)
            .Select(g => new SeedGroup(g.First().Run.ExperimentId, g.Count() > 1 ? g.First().Run.ExperimentName ?? g.First().Run.Name : g.First().Run.Name, [.. g.Select(r => r.Place)]))];

    private static IReadOnlyList<FigureRow> Figures(IReadOnlyList<Run> runs, IReadOnlyList<ComparedRun> compared, Dictionary<string, Dictionary<string, double>> cells)
    {
        var columns = runs.Select((run, k) => Column(run, compared[k].EvaluationId is { } id ? cells[id] : null)).ToList();
        var keys = columns.SelectMany(c => c.Keys).Distinct().OrderBy(FigureWords.Rank).ThenBy(k => k, StringComparer.Ordinal);
        return [.. keys.Select(key => Row(key, [.. columns.Select(c => c.TryGetValue(key, out var value) ? value : (double?)null)]))];
    }

    private static Dictionary<string, double> Column(Run run, Dictionary<string, double>? evaluated)
    {
        var column = new Dictionary<string, double>();
        foreach (var (key, node) in JsonNode.Parse(run.SummaryJson)!.AsObject())
            if (node is JsonValue value && value.TryGetValue(out double number) && double.IsFinite(number)) column[key] = number;
        foreach (var (key, share) in evaluated ?? []) column[key] = share;
        if (run is { StartedAt: { } started, FinishedAt: { } finished }) column["run.seconds"] = (finished - started).TotalSeconds;
        if (run.ImagesPerSecond is > 0 and var speed) column["run.imagesPerSecond"] = speed;
        return column;
    }

    internal static FigureRow Row(string key, IReadOnlyList<double?> values)
    {
        var (name, measure, better) = FigureWords.Of(key);
        var differs = values.Distinct().Count() > 1;
        return new FigureRow(key, name, measure, better, values, differs, differs ? BestOf(values, better) : []);
    }

    internal static IReadOnlyList<int> BestOf(IReadOnlyList<double?> values, Better better)
    {
        var known = values.OfType<double>().ToList();
        if (better == Better.Neither || known.Distinct().Count() < 2) return [];
        var best = better == Better.More ? known.Max() : known.Min();
        return [.. values.Index().Where(v => v.Item == best).Select(v => v.Index)];
    }

    private static IReadOnlyList<RecipeRow> Recipes(IReadOnlyList<Run> runs)
    {
        var flat = runs.Select(r => Flat(JsonNode.Parse(r.RequestJson)!)).ToList();
        var paths = flat.SelectMany(f => f.Select(p => p.Path)).Distinct().ToList();
        var read = flat.Select(f => f.ToDictionary(p => p.Path, p => p.Value)).ToList();
        return [.. paths.Select(path =>
        {
            var values = read.Select(r => r.GetValueOrDefault(path)).ToList();
            return new RecipeRow(path, [.. values.Select(v => v?.DeepClone())], values.Select(v => v?.ToJsonString()).Distinct().Count() > 1);
        })];
    }

    /// <summary>Every leaf of a recipe with its path, in the recipe's order; what is null is left out.</summary>
    internal static IEnumerable<(string Path, JsonNode Value)> Flat(JsonNode node, string path = "") => node switch
    {
        JsonObject section => section.Where(f => f.Value is not null && !(path.Length == 0 && Words.Contains(f.Key))).SelectMany(f => Flat(f.Value!, path.Length == 0 ? f.Key : $"{path}.{f.Key}")),
        JsonArray { Count: > 0 } list when list.Any(i => i is JsonObject) => list.Index().SelectMany(i => Flat(i.Item!, $"{path}[{i.Index}]")),
        _ => [(path, node)],
    };
}
