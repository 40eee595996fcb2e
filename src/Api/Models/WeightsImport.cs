using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Data;
using WebLab.Engine.Recipes;
using WebLab.Engine.Training;

namespace WebLab.Api.Models;

/// <summary>Weights to bring in.</summary>
/// <param name="Model">Architecture with its options, as in recipes.</param>
/// <param name="DatasetId">Says the size of images and the classes.</param>
/// <param name="Name">For people; absent: after the file.</param>
/// <param name="FileName">Shown only.</param>
public sealed record WantedWeights(JsonNode? Model, string DatasetId, string? Name, string? FileName);

/// <summary>Networks trained elsewhere, as safetensors under PyTorch's names: each becomes a run with one checkpoint, or says which tensor does not fit.</summary>
public sealed class WeightsImport(Intake intake, RunService runs, DataDirectory data, IOptions<QueueOptions> queue)
{
    /// <summary>Largest file, in bytes.</summary>
    public const long MaxBytes = 2L << 30;

    /// <summary>Queues an import. Follow the run: its checkpoint can be evaluated, attacked and promoted once it has completed.</summary>
    /// <exception cref="Refusal">400 with the fields that are wrong; 415 for what is no safetensors file; 507.</exception>
    public async Task<RunSummary> Queue(WantedWeights wanted, Stream file, long length, string? user, CancellationToken cancel)
    {
        var recipe = Recipe(wanted);
        if (data.FreeBytes() < (2 * length) + queue.Value.MinFreeBytes)
            throw new Refusal(ProblemKinds.DiskFull, $"{data.FreeBytes()} bytes are free; this import wants {(2 * length) + queue.Value.MinFreeBytes}");
        await Sound(file, length, cancel);
        var name = wanted.Name?.Trim() ?? $"{Path.GetFileName(wanted.FileName ?? "weights")} as {(string?)wanted.Model?["kind"]}";
        var job = new NewRun(RunKind.Weights, name.Length <= RunService.MaxNameLength ? name : name[..RunService.MaxNameLength], RecipeJson.Canonical(recipe)) { RequestHash = RecipeJson.Hash(recipe), SubjectId = wanted.DatasetId, CreatedBy = user, Priority = 10 };
        var run = await intake.Queue(job, cancel, folder =>
        {
            using var target = new FileStream(DataDirectory.Child(folder.Path, WeightsJob.FileName), FileMode.Create, FileAccess.Write);
            file.CopyTo(target);
        });
        return runs.Summary(run);
    }

    private Recipe Recipe(WantedWeights wanted)
    {
        var shelf = DatasetShelf.In(data.Root);
        var errors = Texts.Errors(wanted.Name, null, null).ToList();
        var set = shelf.Find(wanted.DatasetId);
        if (set is null && wanted.DatasetId != Shapes32.Id) errors.Add(("datasetId", $"there is no data set '{wanted.DatasetId}'"));
        var node = new JsonObject
        {
            ["version"] = 1,
            ["data"] = new JsonObject { ["id"] = wanted.DatasetId, ["version"] = set?.Version },
            ["model"] = wanted.Model?.DeepClone(),
            ["method"] = new JsonObject { ["kind"] = "standard" },
            ["optimizer"] = new JsonObject { ["kind"] = "sgd" },
            ["schedule"] = new JsonObject { ["kind"] = "constant" },
            // Nothing is trained: any set has a batch of one.
            ["training"] = new JsonObject { ["batchSize"] = 1 },
        };
        var read = RecipeJson.Read(node);
        errors.AddRange(read.Errors.Select(e => (e.Path, e.Message)));
        return errors.Count == 0 ? read.Recipe! : throw Refusal.Invalid(errors);
    }

    // Eight bytes say how long the JSON header is that follows. Nothing else is ever opened: no pickle, no .pt.
    private static async Task Sound(Stream file, long length, CancellationToken cancel)
    {
        var head = new byte[9];
        var read = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel);
        file.Position = 0;
        if (read == head.Length && head[8] == '{' && BitConverter.ToUInt64(head) is > 1 and var header && header <= (ulong)(length - 8)) return;
        throw Refusal.Of(ProblemKinds.UnsupportedMedia, [("weights", "is not a safetensors file; other formats are never opened. In Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")")]);
    }
}
