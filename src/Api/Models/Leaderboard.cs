using Microsoft.EntityFrameworkCore;
using WebLab.Api.Evaluations;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;

namespace WebLab.Api.Models;

/// <summary>What the board is narrowed to and how it is sorted.</summary>
/// <param name="DatasetId">Only this data set.</param>
/// <param name="Threat">Only this ball, as the board writes it, such as <c>L∞ 8/255</c>.</param>
/// <param name="All">Also figures of a grade below B, or none.</param>
/// <param name="Sort"><c>robust</c> (default), <c>clean</c>, <c>cost</c>, <c>name</c> or <c>createdAt</c>; <c>-</c> before it turns it round.</param>
public sealed record BoardQuery(string? DatasetId = null, string? Threat = null, bool All = false, string? Sort = null);

/// <summary>The board.</summary>
/// <param name="Datasets">That have figures.</param>
/// <param name="Threats">Balls that figures were measured in.</param>
/// <param name="LeftOut">Figures of this choice that are not shown because of their grade.</param>
public sealed record LeaderboardView(IReadOnlyList<LeaderboardRow> Items, IReadOnlyList<string> Datasets, IReadOnlyList<string> Threats, int LeftOut);

/// <summary>A network's figure. Accuracies lie in [0,1], with 95 % Wilson intervals.</summary>
/// <param name="BestRank">The best place that the intervals allow among figures on the same images within the same ball: one more than are surely better.</param>
/// <param name="WorstRank">The worst one: as many as are not surely worse.</param>
/// <param name="Name">Of the run.</param>
/// <param name="Model">The model's name, where the checkpoint is a version of one.</param>
/// <param name="Battery">What the figure may be called, by its attacks.</param>
/// <param name="Grade">A to F; absent: it was not checked.</param>
/// <param name="Passes">Forward and backward passes, one per image, that the attacks took; per image evaluated.</param>
public sealed record LeaderboardRow(int BestRank, int WorstRank, string EvaluationId, string CheckpointId, string RunId, string Name, string? Model, int? ModelNumber, ModelStage? Stage,
    string? Architecture, string? Method, string DatasetId, string? DatasetVersion, string Split, int Images, double Clean, double CleanLow, double CleanHigh,
    double Robust, double RobustLow, double RobustHigh, string Threat, string Battery, GradeLevel Level, string? Grade, double Passes, double Seconds, DateTimeOffset CreatedAt);

/// <summary>Completed evaluations side by side: one figure for each checkpoint, data set and ball.</summary>
public sealed class Leaderboard(LabStore store, EvaluationService evaluations, DataDirectory data)
{
    private static readonly string[] Sorts = ["robust", "clean", "cost", "name", "createdAt"];

    /// <exception cref="Refusal">400 for an order that there is not.</exception>
    public async Task<LeaderboardView> Show(BoardQuery query, CancellationToken cancel)
    {
        var (by, turned) = query.Sort is { Length: > 0 } sort ? (sort.TrimStart('-'), sort[0] == '-') : ("robust", false);
        if (!Sorts.Contains(by)) throw Refusal.Invalid("sort", $"got '{query.Sort}', wanted one of {string.Join(", ", Sorts)}, with - before it to turn it round");
        var all = await Rows(null, cancel);
        var chosen = all.Where(r => (query.DatasetId is null || r.DatasetId == query.DatasetId) && (query.Threat is null || r.Threat == query.Threat)).ToList();
        var shown = Strongest(chosen.Where(r => query.All || Trusted(r)));
        var hidden = Strongest(chosen).Count(r => shown.All(s => Key(s) != Key(r)));
        return new LeaderboardView(Ordered(Ranked(shown), by, turned), [.. all.Select(r => r.DatasetId).Distinct().Order(StringComparer.Ordinal)],
            [.. all.Select(r => r.Threat).Distinct().Order(StringComparer.Ordinal)], hidden);
    }

    /// <summary>The best trusted figure of each checkpoint that has any: the most complete battery, then the most images, then the lowest accuracy.</summary>
    internal async Task<IReadOnlyDictionary<string, RobustFigure>> Figures(IReadOnlyList<string> checkpointIds, CancellationToken cancel) =>
        (await Rows(checkpointIds, cancel)).Where(Trusted).GroupBy(r => r.CheckpointId).Select(g => Order(g).First())
            .ToDictionary(r => r.CheckpointId, r => new RobustFigure(r.EvaluationId, r.Clean, r.Robust, r.RobustLow, r.RobustHigh, r.Threat, r.Battery, r.Grade!));

    /// <summary>Places that the intervals allow, within each group of comparable figures.</summary>
    internal static IReadOnlyList<LeaderboardRow> Ranked(IReadOnlyList<LeaderboardRow> rows) => [.. rows.GroupBy(r => (r.DatasetId, r.DatasetVersion, r.Split, r.Threat)).SelectMany(group => group.Select(row => row with
    {
        BestRank = 1 + group.Count(o => o.RobustLow > row.RobustHigh),
        WorstRank = group.Count(o => o.RobustHigh >= row.RobustLow),
    }))];

    private static bool Trusted(LeaderboardRow row) => row.Grade is "A" or "B";

    private static (string, string, string?, string, string) Key(LeaderboardRow r) => (r.CheckpointId, r.DatasetId, r.DatasetVersion, r.Split, r.Threat);

    // Of several evaluations of one checkpoint the one that tells most.
    private static List<LeaderboardRow> Strongest(IEnumerable<LeaderboardRow> rows) => [.. rows.GroupBy(Key).Select(g => Order(g).First())];

    private static IOrderedEnumerable<LeaderboardRow> Order(IEnumerable<LeaderboardRow> rows) =>
        rows.OrderByDescending(r => r.Level).ThenByDescending(r => r.Images).ThenBy(r => r.Robust).ThenByDescending(r => r.EvaluationId, StringComparer.Ordinal);

    private static IReadOnlyList<LeaderboardRow> Ordered(IReadOnlyList<LeaderboardRow> rows, string by, bool turned)
    {
        var sorted = by switch
        {
            "clean" => rows.OrderByDescending(r => r.Clean),
            "cost" => rows.OrderBy(r => r.Passes),
            "name" => rows.OrderBy(r => r.Model ?? r.Name, StringComparer.OrdinalIgnoreCase),
            "createdAt" => rows.OrderByDescending(r => r.CreatedAt),
            _ => rows.OrderByDescending(r => r.Robust),
        };
        var list = sorted.ThenByDescending(r => r.Robust).ThenBy(r => r.EvaluationId, StringComparer.Ordinal).ToList();
        if (turned) list.Reverse();
        return list;
    }

    // Evaluations that have completed with attacks inside one ball, of some checkpoints or all.
    private async Task<IReadOnlyList<LeaderboardRow>> Rows(IReadOnlyList<string>? checkpointIds, CancellationToken cancel)
    {
        var found = new List<EvaluationView>();
        foreach (var id in checkpointIds ?? [null!])
            for (string? cursor = null; ;)
            {
                var page = await evaluations.List(new EvaluationQuery(CheckpointId: id, Status: Journal.Word(RunStatus.Completed)), PageRequest.Of(PageRequest.MaxLimit, cursor), cancel);
                found.AddRange(page.Items.Where(e => e.WorstCase is not null && e.Cells is [{ Total: > 0, Accuracy: not null }, ..] && e.Grade.Budget.Length > 0 && !e.Grade.Budget.Contains(',')));
                if ((cursor = page.NextCursor) is null) break;
            }

        await using var read = store.Read();
        var (runIds, named) = (found.Select(e => e.SourceRunId).Distinct().ToList(), found.Select(e => e.CheckpointId).Distinct().ToList());
        var runs = await (from r in read.Runs
                          join e in read.Experiments on r.ExperimentId equals e.Id into experiments
                          from e in experiments.DefaultIfEmpty()
                          where runIds.Contains(r.Id)
                          select new { r.Id, r.Name, e!.Architecture, e.Method, Recipe = e == null ? r.RequestJson : null }).ToDictionaryAsync(r => r.Id, cancel);
        var models = (await (from v in read.ModelVersions
                             join m in read.Models on v.ModelId equals m.Id
                             where named.Contains(v.CheckpointId) && m.TrashedAt == null
                             select new { v.CheckpointId, m.Name, v.Number, v.Stage }).ToListAsync(cancel)).ToLookup(v => v.CheckpointId);
        // An evaluation that names no version was of the newest.
        var shelf = DatasetShelf.In(data.Root);
        var newest = found.Select(e => e.DatasetId).Distinct().ToDictionary(id => id, id => shelf.Find(id)?.Version);
        return [.. found.Where(e => runs.ContainsKey(e.SourceRunId)).Select(e =>
        {
            var (run, model, clean) = (runs[e.SourceRunId], models[e.CheckpointId].MaxBy(v => v.Number), e.Cells[0]);
            var worst = Interval.Wilson((long)Math.Round(e.WorstCase!.Value * clean.Total), clean.Total);
            return new LeaderboardRow(0, 0, e.Id, e.CheckpointId, run.Id, run.Name, model?.Name, model?.Number, model?.Stage, run.Architecture ?? CheckpointList.Kind(run.Recipe), run.Method, e.DatasetId, e.DatasetVersion ?? newest[e.DatasetId], e.Split,
                clean.Total, clean.Accuracy!.Value, clean.Low ?? clean.Accuracy.Value, clean.High ?? clean.Accuracy.Value, worst.Rate, worst.Low, worst.High, e.Grade.Budget, e.Grade.Title, e.Grade.Level,
                e.Lint, e.Cells.Skip(1).Sum(c => (double)((c.Forward ?? 0) + (c.Backward ?? 0))) / clean.Total, e.Cells.Sum(c => c.Seconds ?? 0), e.CreatedAt);
        })];
    }
}
