using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using WebLab.Api.Http;
using WebLab.Api.Queue;

namespace WebLab.Api.Runs;

/// <summary>Why a user does something to a run; shown in its history.</summary>
public sealed record ActionRequest(string? Reason = null);

public static class RunEndpoints
{
    public static void MapRuns(this RouteGroupBuilder api)
    {
        var runs = api.MapGroup("/runs").WithTags("Runs");
        runs.MapGet("/", async (RunService service, PageRequest page, string? filter, string? text, string? sort, bool? trashed, CancellationToken cancel) =>
            new Paged<RunSummary>(await service.List(new RunQuery(filter, text, sort, trashed ?? false), page, cancel)))
            .WithName("listRuns").WithSummary("List runs of every kind, newest first.");
        runs.MapGet("/{id}", async (RunService service, HttpContext http, string id, CancellationToken cancel) =>
            await service.Get(id, cancel) is var run ? Live.Ok(http, run, run.Version) : null)
            .WithName("getRun").WithSummary("Show a run: recipe, status, progress, attempts, failure.");
        runs.MapPatch("/{id}", async (RunService service, string id, RunPatch patch, IfMatch expected, CancellationToken cancel) =>
            await service.Patch(id, patch, expected, cancel) is var run ? ETags.Ok(run, run.Version) : null)
            .WithName("patchRun").WithSummary("Change name, notes, tags or priority.");
        runs.MapDelete("/{id}", async Task<NoContent> (RunService service, string id, IfMatch expected, CancellationToken cancel) =>
        {
            await service.Trash(id, expected, cancel);
            return TypedResults.NoContent();
        }).WithName("trashRun").WithSummary("Put a run into the trash.").Refuses(ProblemKinds.InvalidTransition);
        // Routing without a Content-Type only finds an optional body when every action of the same shape has one.
        runs.MapPost("/{id}:restore", async Task<NoContent> (RunService service, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            await service.Restore(id, cancel);
            return TypedResults.NoContent();
        }).WithName("restoreRun").WithSummary("Take a run out of the trash.");
        runs.MapPost("/{id}:purge", async Task<NoContent> (TrashBin trash, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            await trash.Purge(id, cancel);
            return TypedResults.NoContent();
        }).WithName("purgeRun").WithSummary("Delete a run in the trash for good; the trash empties itself after 14 days.").Refuses(ProblemKinds.InvalidTransition);
        foreach (var action in Enum.GetValues<RunAction>()) MapAction(runs, action);
        MapData(runs);
        runs.MapEvents();
        MapCheckpoints(api, runs);
    }

    private static void MapAction(RouteGroupBuilder runs, RunAction action) =>
        runs.MapPost($"/{{id}}:{RunActions.Word(action)}", async Task<Results<Accepted<ActionResult>, Ok<ActionResult>>> (RunActions actions, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            var done = await actions.Do(id, action, request?.Reason, cancel);
            return done.Accepted ? TypedResults.Accepted($"/api/v1/runs/{id}", done) : TypedResults.Ok(done);
        })
            .WithName($"{RunActions.Word(action)}Run").WithSummary(action switch
            {
                RunAction.Pause => "Save a checkpoint and rest.",
                RunAction.Resume => "Queue a paused run again.",
                RunAction.Cancel => "End a run within 10 s; its last checkpoint stays.",
                RunAction.Kill => "End a run within 2 s.",
                _ => "Queue a failed run again, from its last checkpoint.",
            }).Refuses(ProblemKinds.InvalidTransition);

    private static void MapData(RouteGroupBuilder runs)
    {
        runs.MapGet("/{id}/metrics", async (MetricService service, HttpContext http, string id, string? keys, long? from, long? to, int? points, double? smooth, string? format, CancellationToken cancel) =>
        {
            var query = new MetricQuery(keys?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), from ?? 0, to, points ?? MetricService.DefaultPoints, smooth ?? 0);
            if (format == "csv" || (format is null && http.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/csv")))
                return Results.Text(await service.Csv(id, query with { Points = points ?? MetricService.MaxPoints }, cancel), "text/csv");
            if (format is not (null or "json")) throw Refusal.Invalid("format", $"got '{format}', wanted json or csv");
            var metrics = await service.Get(id, query, cancel);
            return ETags.Ok(metrics, metrics.LastSeq.ToString());
        }).WithName("getRunMetrics").WithSummary("Metric series, thinned to at most `points` points each; `smooth` averages exponentially before thinning; `format=csv` for a table.")
            .Produces<RunMetrics>().Produces<string>(contentType: "text/csv").Produces(StatusCodes.Status304NotModified);
        runs.MapGet("/{id}/metrics/keys", async (MetricService service, string id, CancellationToken cancel) => TypedResults.Ok(await service.Keys(id, cancel)))
            .WithName("listRunMetricKeys").WithSummary("The metrics that a run has, without their points.");
        runs.MapGet("/{id}/logs", async (RunLogs logs, HttpContext http, string id, long? after, long? before, string? level, string? q, int? limit, bool? last, string? format, CancellationToken cancel) =>
        {
            var levels = level?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var query = new LogQuery(after ?? 0, before, levels, q, limit ?? RunLogs.DefaultLimit, last ?? false);
            if (format is not (null or "json" or "text")) throw Refusal.Invalid("format", $"got '{format}', wanted json or text");
            if (format != "text") return Results.Ok(await logs.Lines(id, query, cancel));
            http.Response.Headers.ContentDisposition = $"attachment; filename={id}-log.txt";
            return Results.Text(await logs.Text(id, query, cancel));
        }).WithName("getRunLogs").WithSummary("Log lines between two events, by levels and text, the first ones or the last; `format=text` for all of them as a file.")
            .Produces<RunLines>().Produces<string>(contentType: "text/plain");
        runs.MapGet("/{id}/images", async (RunFiles files, string id, CancellationToken cancel) => TypedResults.Ok(await files.Galleries(id, cancel)))
            .WithName("listRunImages").WithSummary("Sample images of a run by epoch: file names, true labels and what the network said.");
        runs.MapGet("/{id}/images/{name}", async (RunFiles files, HttpContext http, string id, string name, CancellationToken cancel) =>
            Send(http, await files.Image(id, name, cancel), "image/png"))
            .WithName("getRunImage").WithSummary("A sample image of a run.").Produces(StatusCodes.Status200OK, contentType: "image/png");
    }

    private static void MapCheckpoints(RouteGroupBuilder api, RouteGroupBuilder runs)
    {
        runs.MapGet("/{id}/checkpoints", async (RunFiles files, string id, CancellationToken cancel) => TypedResults.Ok(await files.Checkpoints(id, cancel)))
            .WithName("listCheckpoints").WithSummary("Checkpoints of a run, newest first.");
        var checkpoints = api.MapGroup("/checkpoints").WithTags("Checkpoints");
        checkpoints.MapGet("/{id}", async (RunFiles files, string id, CancellationToken cancel) => TypedResults.Ok(await files.Checkpoint(id, cancel)))
            .WithName("getCheckpoint").WithSummary("Show a checkpoint and its files.");
        checkpoints.MapGet("/{id}/files/{name}", async (RunFiles files, HttpContext http, string id, string name, CancellationToken cancel) =>
            Send(http, await files.CheckpointFile(id, name, cancel), "application/octet-stream"))
            .WithName("getCheckpointFile").WithSummary("Download a file of a checkpoint; ranges and ETags are honoured.").Refuses(ProblemKinds.Gone, ProblemKinds.RangeNotSatisfiable)
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").Produces(StatusCodes.Status206PartialContent);
    }

    private static IResult Send(HttpContext http, ServedFile file, string type)
    {
        http.Response.Headers.CacheControl = "private, no-cache";
        return Results.File(file.Path, type, type == "image/png" ? null : file.Name, file.ChangedAt, new EntityTagHeaderValue(ETags.Quote(file.Version)), enableRangeProcessing: true);
    }
}
