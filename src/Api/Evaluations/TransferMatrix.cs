using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Evaluations;

namespace WebLab.Api.Evaluations;

/// <summary>Which networks are set against each other, and how.</summary>
/// <param name="Runs">Two to eight training runs; of each the most robust checkpoint, or its last.</param>
/// <param name="Data">Data set; absent: the one that the first run was trained on.</param>
/// <param name="Samples">Test images, drawn by seed 0; absent: 256.</param>
/// <param name="Eps">Radius, Linf, of PGD with 20 steps; absent: 8/255.</param>
public sealed record TransferQuery(IReadOnlyList<string> Runs, string? Data = null, int? Samples = null, string? Eps = null);

/// <summary>A network of the matrix.</summary>
public sealed record TransferNetwork(string RunId, string Name, string CheckpointId, string CheckpointName, int Epoch);

/// <summary>Images crafted on one network, shown to another.</summary>
/// <param name="Source">Place of the network that they are crafted on.</param>
/// <param name="Target">Place of the network that is shown them; the same as the source: attacked with its own gradients.</param>
/// <param name="Accuracy">Of the target on these images, of all images, with its 95 % Wilson interval; absent: not known yet.</param>
/// <param name="Clean">Of the target on the images as they are.</param>
/// <param name="EvaluationId">Where the figure comes from; absent: nothing was started.</param>
/// <param name="Attack">Name of the attack there.</param>
public sealed record TransferCell(int Source, int Target, double? Accuracy, double? Low, double? High, double? Clean, string? EvaluationId, string? Attack, RunStatus? Status);

/// <summary>Accuracy of every network on images crafted on every other.</summary>
/// <param name="Cells">By source, then target.</param>
/// <param name="Missing">Cells for which no evaluation was started, or none that is left.</param>
public sealed record TransferTable(IReadOnlyList<TransferNetwork> Networks, string Data, int Samples, string Eps, IReadOnlyList<TransferCell> Cells, int Missing);

/// <summary>
/// The transfer matrix: each column is an evaluation of one network under images crafted on all of them. It is read out of the evaluations
/// that there are, so that it grows with them and a cell is never worked out twice.
/// </summary>
public sealed class TransferMatrix(LabStore store, Subjects subjects, EvaluationService evaluations)
{
    public const int MostNetworks = 8, UsualSamples = 256;

    /// <summary>What is known.</summary>
    /// <exception cref="Refusal">400 naming the field; 404; 410 for a deleted checkpoint.</exception>
    public async Task<TransferTable> Read(TransferQuery query, CancellationToken cancel)
    {
        var plan = await Plan(query, cancel);
        await using var read = store.Read();
        var checkpoints = plan.Networks.Select(n => n.CheckpointId).ToList();
        var rows = await (from e in read.Evaluations
                          join r in read.Runs on e.Id equals r.Id
                          where checkpoints.Contains(e.CheckpointId) && e.DatasetId == plan.Data && e.Split == "test" && e.Samples == plan.Samples && r.Kind == RunKind.Evaluate
                             && r.TrashedAt == null && r.Seed == 0 && r.Status != RunStatus.Failed && r.Status != RunStatus.Cancelled
                          orderby e.Id descending
                          select new { e, r.Status, r.RequestJson }).ToListAsync(cancel);
        var wanted = rows.Select(r => r.e.Id).ToList();
        var figures = (await read.AttackResults.Where(c => wanted.Contains(c.EvaluationId)).ToListAsync(cancel)).ToLookup(c => c.EvaluationId);
        var cells = new Dictionary<(int, int), TransferCell>();
        foreach (var row in rows.OrderByDescending(r => r.Status == RunStatus.Completed))
        {
            var target = checkpoints.IndexOf(row.e.CheckpointId);
            // In a cascade an attack is shown only what others left.
            if ((string?)JsonNode.Parse(row.RequestJson)!["mode"] != "individual") continue;
            foreach (var stage in EvaluationStage.Of(JsonSerializer.Deserialize<IReadOnlyList<AttackOptions>>(row.e.BatteryJson, OptionsJson.Canonical)!))
            {
                if (plan.Source(stage.Options, target) is not { } source || cells.ContainsKey((source, target))) continue;
                var (cell, clean) = (figures[row.e.Id].SingleOrDefault(c => c.Position == stage.Number), figures[row.e.Id].SingleOrDefault(c => c.Position == 0));
                var known = cell is not null && cell.Done >= cell.Total;
                cells[(source, target)] = new(source, target, known ? cell!.Accuracy : null, known ? cell!.Low : null, known ? cell!.High : null, clean?.Accuracy, row.e.Id, stage.Name, row.Status);
            }
        }

        var all = Enumerable.Range(0, plan.Networks.Count);
        return new TransferTable(plan.Networks, plan.Data, plan.Samples, $"{plan.Craft.Eps}",
            [.. all.SelectMany(s => all.Select(t => cells.GetValueOrDefault((s, t)) ?? new TransferCell(s, t, null, null, null, null, null, null, null)))],
            (plan.Networks.Count * plan.Networks.Count) - cells.Count);
    }

    /// <summary>Queues an evaluation for every network that lacks cells.</summary>
    /// <exception cref="Refusal">As <see cref="Read"/>.</exception>
    public async Task<TransferTable> Fill(TransferQuery query, string? user, CancellationToken cancel)
    {
        var (plan, table) = (await Plan(query, cancel), await Read(query, cancel));
        foreach (var column in table.Cells.Where(c => c.EvaluationId is null).GroupBy(c => c.Target))
        {
            var attacks = column.Select(c => plan.Attack(c.Source, column.Key));
            await evaluations.Create(new NewEvaluation(plan.Networks[column.Key].CheckpointId, Attacks: JsonSerializer.SerializeToNode(attacks, OptionsJson.Canonical)!.AsArray(), Data: plan.Data,
                Samples: plan.Samples, Mode: "individual", LintImages: 0, Name: $"Transfer to {plan.Networks[column.Key].Name}"), user, cancel);
        }

        return await Read(query, CancellationToken.None);
    }

    private async Task<Battery> Plan(TransferQuery query, CancellationToken cancel)
    {
        var ids = query.Runs.Distinct().ToList();
        if (ids.Count is < 2 or > MostNetworks) throw Refusal.Invalid("runs", $"got {ids.Count}, wanted 2 to {MostNetworks} different runs");
        if (query.Samples is < 1) throw Refusal.Invalid("samples", $"got {query.Samples}, wanted at least 1");
        if (!Budget.TryParse(query.Eps ?? "8/255", out var eps) || eps.Value is <= 0 or > 1) throw Refusal.Invalid("eps", $"got '{query.Eps}', wanted a radius above 0 and up to 1, such as 8/255");
        var (networks, data) = (new List<TransferNetwork>(), query.Data);
        foreach (var id in ids)
        {
            var (checkpoint, run) = await subjects.Find(null, id, cancel);
            if (run.Kind != RunKind.Train) throw Refusal.Invalid("runs", $"'{id}' is not a training run");
            data ??= Subjects.Data(run, null, null).Id;
            networks.Add(new TransferNetwork(run.Id, run.Name, checkpoint.Id, checkpoint.Name, checkpoint.Epoch));
        }

        return new Battery(networks, data!, query.Samples ?? UsualSamples, (PgdOptions)RadiusCurve.At(new PgdOptions { Steps = 20, StopAtSuccess = false }, eps));
    }

    // The attacks of the matrix: one per source, its own gradients for the target itself.
    private sealed record Battery(IReadOnlyList<TransferNetwork> Networks, string Data, int Samples, PgdOptions Craft)
    {
        public AttackOptions Attack(int source, int target) =>
            source == target ? Craft : new TransferOptions { Checkpoint = $"runs/{Networks[source].RunId}/checkpoints/{Networks[source].CheckpointName}", Attack = Craft };

        /// <summary>The network that an attack on a target comes from; null: it is none of the matrix.</summary>
        public int? Source(AttackOptions attack, int target) => Enumerable.Range(0, Networks.Count).Where(s => Attack(s, target) == attack).Select(s => (int?)s).FirstOrDefault();
    }
}
