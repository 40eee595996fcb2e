using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Models;

/// <summary>A checkpoint that can be attacked, evaluated or downloaded.</summary>
/// <param name="Id">The checkpoint's id.</param>
/// <param name="Kept">Why it is kept: <c>best-robust</c>, <c>best-clean</c>, <c>last</c>.</param>
/// <param name="CleanAccuracy">Of the probe at that epoch, in [0,1].</param>
/// <param name="RobustAccuracy">The same under the probe's attack.</param>
public sealed record CheckpointSummary(string Id, string RunId, string RunName, string CheckpointName, IReadOnlyList<string> Kept, string? Architecture, string? Method,
    string? DatasetId, int Epoch, long Step, long Bytes, double? CleanAccuracy, double? RobustAccuracy, DateTimeOffset CreatedAt);

/// <summary>Checkpoints across all runs.</summary>
public sealed class CheckpointList(LabStore store)
{
    /// <summary>Usable checkpoints, newest first.</summary>
    /// <param name="datasetId">Only those trained on it; null for all.</param>
    public async Task<Page<CheckpointSummary>> List(string? datasetId, PageRequest page, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var found = await (from c in rows.Checkpoints
                           join r in rows.Runs on c.RunId equals r.Id
                           join e in rows.Experiments on r.ExperimentId equals e.Id into experiments
                           from e in experiments.DefaultIfEmpty()
                           where c.DeletedAt == null && c.KeptList != "" && r.TrashedAt == null
                              && (datasetId == null || e!.DatasetId == datasetId || (r.Kind == RunKind.Weights && r.SubjectId == datasetId)) && (page.After == null || string.Compare(c.Id, page.After) < 0)
                           orderby c.Id descending
                           select new { c, r.Name, r.Kind, r.SubjectId, e!.Architecture, e.Method, e.DatasetId, Recipe = r.Kind == RunKind.Weights ? r.RequestJson : null }).Take(page.Limit + 1).ToListAsync(cancel);
        return page.Cut([.. found.Select(f => new CheckpointSummary(f.c.Id, f.c.RunId, f.Name, f.c.Name, Tags.Read(f.c.KeptList), f.Architecture ?? Kind(f.Recipe), f.Method, f.DatasetId ?? (f.Kind == RunKind.Weights ? f.SubjectId : null),
            f.c.Epoch, f.c.Step, f.c.Bytes, f.c.CleanAccuracy, f.c.RobustAccuracy, f.c.CreatedAt))], c => c.Id);
    }

    // Weights from elsewhere have a recipe but no experiment.
    internal static string? Kind(string? recipe) => recipe is null ? null : (string?)JsonNode.Parse(recipe)?["model"]?["kind"];
}
