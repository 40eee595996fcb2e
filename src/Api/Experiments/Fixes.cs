using System.Text.Json.Nodes;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Catalog;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Experiments;

/// <summary>One field that a fix changes.</summary>
/// <param name="Path">In the recipe, such as <c>training.batchSize</c>.</param>
/// <param name="From">Null: it was absent.</param>
/// <param name="To">Null: it is left out.</param>
public sealed record FixChange(string Path, JsonNode? From, JsonNode? To);

/// <summary>What may help a run that has failed.</summary>
/// <param name="Name">Names it in the address, such as <c>half-batch</c>.</param>
/// <param name="Why">A sentence: what it does and what it costs.</param>
/// <param name="Changes">Of the recipe; none: the same run is retried from its last checkpoint.</param>
/// <param name="Recipe">The recipe with the changes; absent where there are none.</param>
public sealed record Fix(string Name, string Title, string Why, IReadOnlyList<FixChange> Changes, JsonNode? Recipe);

/// <summary>How a fix is taken.</summary>
/// <param name="Start">False: keep the clone as a draft.</param>
public sealed record FixRequest(bool Start = true);

/// <summary>Proposals for failed training runs: each is a recipe that is checked like any other, so that nothing is offered that would be refused.</summary>
public sealed class Fixes(RunService runs, ExperimentService experiments)
{
    private const double GentleNorm = 1;

    /// <summary>Best first; none for a run that has not failed.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<IReadOnlyList<Fix>> Of(string runId, CancellationToken cancel)
    {
        var run = await runs.Get(runId, cancel);
        return run.Status == RunStatus.Failed && run.Failure is { } failure ? Of(run.Kind, failure.Code, run.Request) : [];
    }

    /// <summary>Makes a clone of the run's experiment with the changes, with the run's seed.</summary>
    /// <exception cref="Refusal">404 also for a fix that is not offered; 409 for one that changes nothing.</exception>
    public async Task<ExperimentDetail> Take(string runId, string name, bool start, string? user, CancellationToken cancel)
    {
        var run = await runs.Get(runId, cancel);
        var fix = (await Of(runId, cancel)).FirstOrDefault(f => f.Name == name) ?? throw Refusal.NotFound("fix", name);
        if (fix.Recipe is null) throw new Refusal(ProblemKinds.Conflict, $"'{name}' changes nothing; retry the run itself");
        var changes = string.Join("; ", fix.Changes.Select(c => $"{c.Path} {Shown(c.From)} -> {Shown(c.To)}"));
        var title = $"{run.Name}, {fix.Title.ToLowerInvariant()}";
        return await experiments.Create(new NewExperiment(fix.Recipe.DeepClone(), title[..Math.Min(title.Length, RunService.MaxNameLength)],
            Notes: $"Clone of run {run.Id}, which failed with {run.Failure!.Code}. Changed: {changes}.", Tags: run.Tags, Seeds: [(int)run.Seed], Start: start, ParentId: run.ExperimentId), user, cancel);
    }

    /// <summary>A value as people read it in a difference.</summary>
    public static string Shown(JsonNode? value) => value is null ? "absent" : value is JsonValue text && text.TryGetValue(out string? word) ? word : value.ToJsonString(OptionsJson.Canonical);

    internal static IReadOnlyList<Fix> Of(RunKind kind, string code, JsonNode request)
    {
        var retry = new Fix("retry", "Retry", Retrying(code), [], null);
        if (kind != RunKind.Train || request is not JsonObject recipe) return code is FailureCode.BadRecipe or FailureCode.BadData ? [] : [retry];
        IEnumerable<Fix?> fixes = code switch
        {
            FailureCode.OutOfMemory => [HalfBatch(recipe), Bf16(recipe), Narrower(recipe)],
            FailureCode.NanLoss => [Slower(recipe), Clipped(recipe), Fp32(recipe), Warmed(recipe)],
            FailureCode.DatasetChanged => [Newest(recipe)],
            FailureCode.WorkerLost => [retry, HalfBatch(recipe)],
            FailureCode.NativeCrash or FailureCode.Timeout => [retry, OnCpu(recipe), Fp32(recipe)],
            FailureCode.BadRecipe => [],
            _ => [retry],
        };
        return [.. fixes.OfType<Fix>()];
    }

    private static string Retrying(string code) => code switch
    {
        FailureCode.DatasetMissing => "Import the data set first; the run then goes on, or begins, as it is.",
        FailureCode.DiskFull => "Free some space or empty the trash first; the run then goes on from its last checkpoint.",
        FailureCode.WorkerLost => "The run goes on from its last checkpoint. Look at the free memory first: the kernel may have taken the worker.",
        _ => "The run goes on from its last checkpoint, with nothing changed.",
    };

    private static Fix? HalfBatch(JsonObject recipe) => Number(recipe, "training.batchSize") is { } size and >= 2
        ? Changed(recipe, "half-batch", "Half the batch", "Activations take half the memory. The learning rate is halved too, which keeps the step per image (Goyal et al. 2017); there are twice as many steps.",
            ("training.batchSize", JsonValue.Create((int)size / 2)), ("optimizer.lr", Number(recipe, "optimizer.lr") is { } lr ? JsonValue.Create(lr / 2) : null)) : null;

    private static Fix? Bf16(JsonObject recipe) => Text(recipe, "training.precision") is "fp32" or null
        ? Changed(recipe, "bf16", "bf16", "Activations take about half the memory on a GPU; gradients are a little coarser.", ("training.precision", JsonValue.Create("bf16"))) : null;

    private static Fix? Narrower(JsonObject recipe) => Number(recipe, "model.width") is { } width and >= 2
        ? Changed(recipe, "half-width", "Half the width", "The network has about a quarter of the weights and half the activations: another network, with less capacity.", ("model.width", JsonValue.Create((int)width / 2))) : null;

    private static Fix? Slower(JsonObject recipe) => Number(recipe, "optimizer.lr") is { } lr
        ? Changed(recipe, "lower-rate", "A tenth of the learning rate", "The usual cause of a loss that is not a number is a step that is too long.", ("optimizer.lr", JsonValue.Create(Rounded(lr / 10)))) : null;

    private static Fix? Clipped(JsonObject recipe) => Number(recipe, "training.clipNorm") is var norm
        ? Changed(recipe, "clip", "Clipped gradients", "A single large gradient cannot throw the weights away; ordinary steps stay as they are.", ("training.clipNorm", JsonValue.Create(norm is { } now ? Rounded(now / 2) : GentleNorm))) : null;

    private static Fix? Fp32(JsonObject recipe) => Text(recipe, "training.precision") == "bf16"
        ? Changed(recipe, "fp32", "fp32", "Rules out that the short numbers of bf16 are the cause; slower, and takes more memory.", ("training.precision", JsonValue.Create("fp32"))) : null;

    private static Fix? Warmed(JsonObject recipe) => Number(recipe, "schedule.warmupEpochs") == 0 && Number(recipe, "training.epochs") is { } epochs
        ? Changed(recipe, "warm-up", "Warm-up", "The learning rate climbs over the first epochs instead of beginning at its height.", ("schedule.warmupEpochs", JsonValue.Create(Math.Max(1, Math.Floor(epochs / 20))))) : null;

    private static Fix? Newest(JsonObject recipe) =>
        Changed(recipe, "newest-data", "The present data", "The clone takes the newest version of the data set; its figures are not those of the old version.", ("data.version", null));

    private static Fix? OnCpu(JsonObject recipe) => Text(recipe, "device") != "cpu"
        ? Changed(recipe, "cpu", "On the processor", "Rules out the GPU and its driver; much slower where there is a GPU.", ("device", JsonValue.Create("cpu"))) : null;

    private static Fix? Changed(JsonObject recipe, string name, string title, string why, params (string Path, JsonNode? To)[] wanted)
    {
        var changed = recipe.DeepClone().AsObject();
        var changes = new List<FixChange>();
        foreach (var (path, to) in wanted)
        {
            var (parent, field) = Place(changed, path);
            if (parent is null || JsonNode.DeepEquals(parent[field], to)) continue;
            changes.Add(new FixChange(path, parent[field]?.DeepClone(), to?.DeepClone()));
            parent[field] = to?.DeepClone();
        }
        // What the rules refuse (bf16 with a method that needs more, a width that does not divide) is not offered.
        return changes.Count > 0 && RecipeJson.Read(changed).Recipe is not null ? new Fix(name, title, why, changes, changed) : null;
    }

    private static (JsonObject? Parent, string Field) Place(JsonObject recipe, string path)
    {
        var words = path.Split('.');
        var parent = words[..^1].Aggregate<string, JsonObject?>(recipe, (node, word) => node?[word] as JsonObject);
        return (parent, words[^1]);
    }

    private static JsonNode? At(JsonObject recipe, string path) => Place(recipe, path) is ({ } parent, var field) ? parent[field] : null;

    private static double? Number(JsonObject recipe, string path) => At(recipe, path) is JsonValue value && value.TryGetValue(out double number) ? number : null;

    private static string? Text(JsonObject recipe, string path) => At(recipe, path) is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static double Rounded(double value) => double.Parse(value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
}
