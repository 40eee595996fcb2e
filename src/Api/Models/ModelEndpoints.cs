using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using WebLab.Api.Http;
using WebLab.Api.Runs;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Models;

public static class ModelEndpoints
{
    public static void AddModels(this IServiceCollection services) => services.AddSingleton<CheckpointList>().AddSingleton<Leaderboard>().AddSingleton<VersionReader>()
        .AddSingleton<ModelRegistry>().AddSingleton<VersionFiles>().AddSingleton<Predictions>().AddSingleton<WeightsImport>();

    public static void MapModels(this RouteGroupBuilder api)
    {
        api.MapGet("/checkpoints", async (CheckpointList checkpoints, PageRequest page, string? datasetId, CancellationToken cancel) =>
            new Paged<CheckpointSummary>(await checkpoints.List(datasetId, page, cancel)))
            .WithTags("Checkpoints").WithName("listAllCheckpoints").WithSummary("List checkpoints of all runs that can be attacked, evaluated or promoted, newest first.");
        api.MapWeights();
        api.MapGet("/leaderboard", async (Leaderboard board, string? datasetId, string? threat, bool? all, string? sort, CancellationToken cancel) =>
            TypedResults.Ok(await board.Show(new BoardQuery(datasetId, threat, all ?? false, sort), cancel)))
            .WithTags("Models").WithName("getLeaderboard").WithSummary("Completed evaluations side by side, by trusted robust accuracy.")
            .WithDescription("One figure for each checkpoint, data set and ball: of the most complete battery on the most images. Only grades A and B unless `all` is true. " +
                "`threat` is a ball as the board writes it, such as `L∞ 8/255`; `sort` is robust, clean, cost, name or createdAt, with - before it to turn it round. Ranks are what the 95 % intervals allow.");
        var models = api.MapGroup("/models").WithTags("Models");
        models.MapRegistry();
        models.MapVersions();
    }

    private static void MapRegistry(this RouteGroupBuilder models)
    {
        models.MapGet("/", async (ModelRegistry registry, PageRequest page, string? text, string? stage, bool? trashed, CancellationToken cancel) =>
            new Paged<ModelSummary>(await registry.List(text, Stage(stage), trashed ?? false, page, cancel)))
            .WithName("listModels").WithSummary("List models by name, each with its newest version; with a version of one `stage`, by words of name or notes, or those in the trash.");
        models.MapGet("/{name}", async (ModelRegistry registry, HttpContext http, string name, CancellationToken cancel) =>
            await registry.Get(name, cancel) is var found ? Live.Ok(http, found, found.Version) : null)
            .WithName("getModel").WithSummary("Show a model with its versions.");
        models.MapPatch("/{name}", async (ModelRegistry registry, string name, ModelPatch patch, IfMatch expected, CancellationToken cancel) =>
            await registry.Patch(name, patch, expected, cancel) is var changed ? ETags.Ok(changed, changed.Version) : null)
            .WithName("patchModel").WithSummary("Change notes or tags of a model.");
        models.MapDelete("/{name}", async Task<NoContent> (ModelRegistry registry, string name, IfMatch expected, CancellationToken cancel) =>
        {
            await registry.Trash(name, expected, cancel);
            return TypedResults.NoContent();
        }).WithName("trashModel").WithSummary("Put a model into the trash, which empties itself after 14 days.");
        // Routing without a Content-Type only finds an optional body when every action of the same shape has one.
        models.MapPost("/{name}:restore", async Task<NoContent> (ModelRegistry registry, string name, ActionRequest? request, CancellationToken cancel) =>
        {
            await registry.Restore(name, cancel);
            return TypedResults.NoContent();
        }).WithName("restoreModel").WithSummary("Take a model out of the trash.");
        models.MapPost("/{name}:purge", async Task<NoContent> (ModelRegistry registry, string name, ActionRequest? request, CancellationToken cancel) =>
        {
            await registry.Purge(name, cancel);
            return TypedResults.NoContent();
        }).WithName("purgeModel").WithSummary("Delete a model in the trash for good; its runs and checkpoints stay.").Refuses(ProblemKinds.InvalidTransition);
    }

    private static ModelStage? Stage(string? word) => string.IsNullOrEmpty(word) ? null : Enum.TryParse<ModelStage>(word, ignoreCase: true, out var stage) && char.IsLetter(word[0]) ? stage
        : throw Refusal.Invalid("stage", $"got '{word}', wanted candidate, released or retired");

    private static void MapVersions(this RouteGroupBuilder models)
    {
        models.MapGet("/{name}/versions", async (ModelRegistry registry, string name, CancellationToken cancel) => TypedResults.Ok((await registry.Get(name, cancel)).Items))
            .WithName("listModelVersions").WithSummary("List the versions of a model, newest first.");
        models.MapPost("/{name}/versions", async (ModelRegistry registry, ClaimsPrincipal user, string name, Promotion wanted, CancellationToken cancel) =>
            await registry.Promote(name, wanted, user.Identity?.Name, cancel) is var made ? ETags.Created($"/api/v1/models/{made.Model}/versions/{made.Number}", made, made.Version) : null)
            .WithName("promoteCheckpoint").WithSummary("Make a checkpoint the next version of a model; a model of that name is made where there is none.")
            .Refuses(ProblemKinds.Conflict, ProblemKinds.Gone);
        models.MapGet("/{name}/versions/{number:int}", async (ModelRegistry registry, HttpContext http, string name, int number, CancellationToken cancel) =>
            await registry.Version(name, number, cancel) is var found ? Live.Ok(http, found, found.Version) : null)
            .WithName("getModelVersion").WithSummary("Show a version: stage, figures, and where it comes from.");
        models.MapPatch("/{name}/versions/{number:int}", async (ModelRegistry registry, string name, int number, VersionPatch patch, IfMatch expected, CancellationToken cancel) =>
            await registry.Patch(name, number, patch, expected, cancel) is var changed ? ETags.Ok(changed, changed.Version) : null)
            .WithName("patchModelVersion").WithSummary("Change stage or notes of a version.");
        models.MapGet("/{name}/versions/{number:int}/files/{file}", async (VersionFiles files, HttpContext http, string name, int number, string file, CancellationToken cancel) =>
        {
            var served = await files.File(name, number, file, cancel);
            http.Response.Headers.CacheControl = "private, no-cache";
            return Results.File(served.Path, "application/octet-stream", served.Name, served.ChangedAt, new EntityTagHeaderValue(ETags.Quote(served.Version)), enableRangeProcessing: true);
        }).WithName("exportModelVersion").WithSummary("Download a version: `weights.safetensors` (PyTorch's names, main bank) or `model.onnx` (images in [0,1] to logits).")
            .Produces(200, contentType: "application/octet-stream").Produces(206).WithRequestTimeout(TimeSpan.FromMinutes(5)).Refuses(ProblemKinds.Unprocessable, ProblemKinds.RangeNotSatisfiable);
        models.MapPrediction();
    }
}
