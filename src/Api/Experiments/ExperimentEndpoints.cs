using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;

namespace WebLab.Api.Experiments;

public static class ExperimentEndpoints
{
    public static void MapExperiments(this RouteGroupBuilder api)
    {
        api.MapPost("/experiments:validate", async (ExperimentService service, RecipeDraft draft, CancellationToken cancel) =>
            TypedResults.Ok(await service.Validate(draft, cancel)))
            .WithTags("Experiments").WithName("validateRecipe").WithMetadata(new NotAuditedAttribute("stores nothing")).WithSummary("Check a recipe and estimate its cost; stores nothing.");
        var experiments = api.MapGroup("/experiments").WithTags("Experiments");
        experiments.MapGet("/", async (ExperimentService service, PageRequest page, string? filter, string? text, string? sort, string? show, CancellationToken cancel) =>
            new Paged<ExperimentSummary>(await service.List(new ExperimentQuery(filter, text, sort, show), page, cancel)))
            .WithName("listExperiments").WithSummary("List experiments, newest first.");
        experiments.MapPost("/", async (ExperimentService service, ClaimsPrincipal user, NewExperiment wanted, CancellationToken cancel) =>
            await service.Create(wanted, user.Identity?.Name, cancel) is var made ? ETags.Created($"/api/v1/experiments/{made.Id}", made, made.Version) : null)
            .WithName("createExperiment").WithSummary("Store an experiment and queue a run for each seed.");
        experiments.MapGet("/{id}", async (ExperimentService service, HttpContext http, string id, CancellationToken cancel) =>
            await service.Get(id, cancel) is var found ? Live.Ok(http, found, found.Version) : null)
            .WithName("getExperiment").WithSummary("Show an experiment with its recipe and runs.");
        experiments.MapPatch("/{id}", async (ExperimentService service, string id, ExperimentPatch patch, IfMatch expected, CancellationToken cancel) =>
            await service.Patch(id, patch, expected, cancel) is var changed ? ETags.Ok(changed, changed.Version) : null)
            .WithName("patchExperiment").WithSummary("Change name, question, notes or tags.");
        experiments.MapDelete("/{id}", async Task<NoContent> (ExperimentService service, string id, IfMatch expected, CancellationToken cancel) =>
        {
            await service.Trash(id, expected, cancel);
            return TypedResults.NoContent();
        }).WithName("trashExperiment").WithSummary("Put an experiment and its runs into the trash.").Refuses(ProblemKinds.InvalidTransition);
        experiments.MapPost("/{id}:clone", async (ExperimentService service, ClaimsPrincipal user, string id, CloneRequest? wanted, CancellationToken cancel) =>
            await service.Clone(id, wanted, user.Identity?.Name, cancel) is var made ? ETags.Created($"/api/v1/experiments/{made.Id}", made, made.Version) : null)
            .WithName("cloneExperiment").WithSummary("Make a draft with the same recipe.");
        // Routing without a Content-Type only finds an optional body when every action of the same shape has one.
        experiments.MapPost("/{id}:archive", async Task<NoContent> (ExperimentService service, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            await service.Archive(id, cancel);
            return TypedResults.NoContent();
        }).WithName("archiveExperiment").WithSummary("Take an experiment out of the list without deleting anything.");
        experiments.MapPost("/{id}:restore", async Task<NoContent> (ExperimentService service, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            await service.Restore(id, cancel);
            return TypedResults.NoContent();
        }).WithName("restoreExperiment").WithSummary("Bring an experiment back from archive or trash.");
        experiments.MapBulk(api);
        experiments.MapDescent();
        experiments.MapGet("/{id}/runs", async (ExperimentService service, string id, CancellationToken cancel) =>
            TypedResults.Ok((await service.Get(id, cancel)).Runs))
            .WithName("listExperimentRuns").WithSummary("The runs of an experiment, one per seed.");
        experiments.MapPost("/{id}/runs", async Task<Created<IReadOnlyList<RunSummary>>> (ExperimentService service, ClaimsPrincipal user, string id, NewRuns wanted, CancellationToken cancel) =>
            TypedResults.Created($"/api/v1/experiments/{id}/runs", await service.AddRuns(id, wanted, user.Identity?.Name, cancel)))
            .WithName("addExperimentRuns").WithSummary("Queue further seeds.");
        api.MapFixes();
    }

    private static void MapFixes(this RouteGroupBuilder api)
    {
        var fixes = api.MapGroup("/runs/{id}/fixes").WithTags("Runs");
        fixes.MapGet("/", async (Fixes service, string id, CancellationToken cancel) => TypedResults.Ok(await service.Of(id, cancel)))
            .WithName("listRunFixes").WithSummary("What may help a run that has failed, best first, as changes of its recipe.");
        fixes.MapPost("/{fix}", async (Fixes service, ClaimsPrincipal user, string id, string fix, FixRequest? wanted, CancellationToken cancel) =>
            await service.Take(id, fix, wanted?.Start ?? true, user.Identity?.Name, cancel) is var made ? ETags.Created($"/api/v1/experiments/{made.Id}", made, made.Version) : null)
            .WithName("takeRunFix").WithSummary("Make a clone of a failed run's experiment with the changes of a fix, and start it.").Refuses(ProblemKinds.Conflict);
    }

    private static void MapBulk(this RouteGroupBuilder experiments, RouteGroupBuilder api)
    {
        api.MapPost("/experiments:bulk", async (BulkActions bulk, ClaimsPrincipal user, BulkRequest request, CancellationToken cancel) =>
            TypedResults.Ok(await bulk.Do(request, user.Identity?.Name, cancel)))
            .WithTags("Experiments").WithName("bulkExperiments").WithSummary("Do one thing to many experiments: archive, trash, restore, tag, untag, start, cancel or purge.")
            .WithDescription("Each experiment is done or refused by itself; the answer says which, in the order asked.");
        experiments.MapGet("/fields", async (FilterHints hints, CancellationToken cancel) => TypedResults.Ok(await hints.Fields(cancel)))
            .WithName("listExperimentFields").WithSummary("Fields that `filter` and `sort` know, with the words that occur.");
        experiments.MapGet("/tags", async (FilterHints hints, CancellationToken cancel) => TypedResults.Ok(await hints.Tags(cancel)))
            .WithName("listExperimentTags").WithSummary("Tags in use, the most used first.");
        experiments.MapPost("/{id}:start", async Task<NoContent> (BulkActions bulk, ClaimsPrincipal user, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            await bulk.Start(id, user.Identity?.Name, cancel);
            return TypedResults.NoContent();
        }).WithName("startExperiment").WithSummary("Retry what failed, resume what is paused, queue what was cancelled or never queued.").Refuses(ProblemKinds.InvalidTransition);
        experiments.MapPost("/{id}:cancel", async Task<NoContent> (BulkActions bulk, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            await bulk.Cancel(id, cancel);
            return TypedResults.NoContent();
        }).WithName("cancelExperiment").WithSummary("Cancel every run of an experiment that has not ended.").Refuses(ProblemKinds.InvalidTransition);
        experiments.MapGet("/{id}/size", async (TrashBin trash, string id, CancellationToken cancel) => TypedResults.Ok(await trash.Size(id, cancel)))
            .WithName("getExperimentSize").WithSummary("Bytes that purging an experiment would free.");
        experiments.MapPost("/{id}:purge", async Task<NoContent> (TrashBin trash, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            await trash.PurgeExperiment(id, cancel);
            return TypedResults.NoContent();
        }).WithName("purgeExperiment").WithSummary("Delete an experiment in the trash for good, with its runs.").Refuses(ProblemKinds.InvalidTransition);
    }

    private static void MapDescent(this RouteGroupBuilder experiments)
    {
        experiments.MapGet("/{id}/lineage", async (Lineage lineage, string id, CancellationToken cancel) => TypedResults.Ok(await lineage.Of(id, cancel)))
            .WithName("getExperimentLineage").WithSummary("Ancestors and children of an experiment, and what was changed from one to the next.");
        experiments.MapGet("/{id}/diff", async (Lineage lineage, string id, string to, CancellationToken cancel) => TypedResults.Ok(await lineage.Diff(id, to, cancel)))
            .WithName("diffExperiments").WithSummary("Fields in which the recipes of two experiments differ.");
        experiments.MapGet("/{id}/curves", async (SeedCurves curves, string id, string? keys, CancellationToken cancel) =>
            await curves.Get(id, keys?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), cancel) is var found ? ETags.Ok(found, found.LastSeq.ToString()) : null)
            .WithName("getExperimentCurves").WithSummary("Metrics by epoch over all seeds: mean, sample standard deviation, number of seeds, and each seed's line.");
    }
}
