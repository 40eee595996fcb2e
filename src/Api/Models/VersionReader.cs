using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Evaluations;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;
using WebLab.Engine.Training;

namespace WebLab.Api.Models;

/// <summary>Versions of models as callers see them, with run, data and figures.</summary>
public sealed class VersionReader(LabStore store, Leaderboard board, EvaluationService evaluations, CheckpointKeeper keeper)
{
    private const int EvaluationsShown = 50;

    /// <summary>By the id of the version.</summary>
    internal async Task<IReadOnlyDictionary<string, VersionSummary>> Summaries(LabContext read, IReadOnlyList<(Model Model, ModelVersion Version)> rows, CancellationToken cancel)
    {
        var wanted = rows.Select(r => r.Version.CheckpointId).ToList();
        var origins = await Origins(read, wanted, cancel);
        var figures = await board.Figures(wanted, cancel);
        return rows.ToDictionary(r => r.Version.Id, r => Summary(r.Model, r.Version, origins[r.Version.CheckpointId], figures.GetValueOrDefault(r.Version.CheckpointId)));
    }

    internal async Task<VersionDetail> Detail(Model model, ModelVersion version, CancellationToken cancel)
    {
        await using var read = store.Read();
        var origin = (await Origins(read, [version.CheckpointId], cancel))[version.CheckpointId];
        var figure = (await board.Figures([version.CheckpointId], cancel)).GetValueOrDefault(version.CheckpointId);
        var tried = await evaluations.List(new EvaluationQuery(CheckpointId: version.CheckpointId), new PageRequest(EvaluationsShown, null), cancel);
        var (checkpoint, run, experiment) = (origin.Checkpoint, origin.Run, origin.Experiment);
        var lineage = new Lineage(origin.DatasetId, origin.DatasetVersion, experiment?.Id, experiment?.Name, run.RequestHash, run.Id, run.Name, run.Seed, checkpoint.Name, checkpoint.Epoch,
            [.. tried.Items.Select(e => new LineageEvaluation(e.Id, e.Name, e.Status, e.WorstCase, e.Grade.Budget, e.Lint))]);
        return new VersionDetail(model.Name, version.Number, version.Stage, version.Notes, checkpoint.Id, run.Id, run.Name, origin.Architecture, origin.Method, origin.DatasetId,
            checkpoint.Epoch, checkpoint.CleanAccuracy, figure, version.PromotedBy, version.CreatedAt, version.Version.ToString(), Classes(checkpoint), checkpoint.Bytes, checkpoint.Sha256, lineage);
    }

    private static VersionSummary Summary(Model model, ModelVersion v, Origin from, RobustFigure? figure) => new(model.Name, v.Number, v.Stage, v.CheckpointId, from.Run.Id, from.Run.Name,
        from.Architecture, from.Method, from.DatasetId, from.Checkpoint.Epoch, from.Checkpoint.CleanAccuracy, figure, v.PromotedBy, v.CreatedAt, v.Version.ToString());

    // Empty where the checkpoint cannot be read any more.
    private IReadOnlyList<string> Classes(Checkpoint checkpoint)
    {
        try
        {
            return JobJson.Read<CheckpointManifest>(DataDirectory.Child(keeper.Folder(checkpoint), CheckpointManifest.FileName)).Data.Classes;
        }
        catch (JobFailure)
        {
            return [];
        }
    }

    private static async Task<Dictionary<string, Origin>> Origins(LabContext read, IReadOnlyCollection<string> checkpointIds, CancellationToken cancel)
    {
        var rows = await (from c in read.Checkpoints
                          join r in read.Runs on c.RunId equals r.Id
                          join e in read.Experiments on r.ExperimentId equals e.Id into experiments
                          from e in experiments.DefaultIfEmpty()
                          where checkpointIds.Contains(c.Id)
                          select new { c, r, e }).ToListAsync(cancel);
        return rows.ToDictionary(o => o.c.Id, o => new Origin(o.c, o.r, o.e, JsonNode.Parse(o.r.RequestJson)));
    }

    private sealed record Origin(Checkpoint Checkpoint, Run Run, Experiment? Experiment, JsonNode? Recipe)
    {
        public string? Architecture => (string?)Recipe?["model"]?["kind"];

        /// <summary>Absent for weights from elsewhere, which no method of ours made.</summary>
        public string? Method => Run.Kind == RunKind.Train ? (string?)Recipe?["method"]?["kind"] : null;
        public string? DatasetId => (string?)Recipe?["data"]?["id"];
        public string? DatasetVersion => (string?)Recipe?["data"]?["version"];
    }
}
