using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Evaluations;

public static class EvaluationEndpoints
{
    public static void MapEvaluations(this RouteGroupBuilder api)
    {
        var evaluations = api.MapGroup("/evaluations").WithTags("Evaluations");
        evaluations.MapGet("/", async (EvaluationService service, PageRequest page, string? runId, string? checkpointId, string? datasetId, string? status, string? text, CancellationToken cancel) =>
            new Paged<EvaluationView>(await service.List(new EvaluationQuery(runId, checkpointId, datasetId, status, text), page, cancel)))
            .WithName("listEvaluations").WithSummary("List evaluations, newest first; of one run, checkpoint or data set, by statuses between commas, by words of the name.");
        evaluations.MapPost("/", async Task<Accepted<EvaluationView>> (EvaluationService service, ClaimsPrincipal user, NewEvaluation wanted, CancellationToken cancel) =>
        {
            var made = await service.Create(wanted, user.Identity?.Name, cancel);
            return TypedResults.Accepted($"/api/v1/evaluations/{made.Id}", made);
        }).WithName("createEvaluation").WithSummary("Queue an attack battery against a checkpoint.").Refuses(ProblemKinds.NotFound, ProblemKinds.Gone);
        evaluations.MapGet("/{id}", async (EvaluationService service, string id, CancellationToken cancel) =>
            await service.Get(id, cancel) is var found ? ETags.Ok(found, $"{found.Version}-{found.LastSeq}") : null)
            .WithName("getEvaluation").WithSummary("Show an evaluation; its cells fill while it runs.");
        evaluations.MapGet("/{id}/results", async (EvaluationService service, string id, CancellationToken cancel) =>
            TypedResults.Ok((await service.Get(id, cancel)).Cells))
            .WithName("getEvaluationResults").WithSummary("Accuracy under each attack, with intervals.");
        evaluations.MapGet("/{id}/samples", async (EvaluationService service, PageRequest page, string id, bool? flipped, int? @class, string? attack, CancellationToken cancel) =>
            new Paged<SampleOutcome>(await service.Samples(id, new SampleQuery(flipped, @class, attack), page, cancel)))
            .WithName("listEvaluationSamples").WithSummary("What became of each image.").Refuses(ProblemKinds.Conflict);
        evaluations.MapGet("/{id}/corruptions", async (EvaluationService service, string id, CancellationToken cancel) =>
            TypedResults.Ok(await service.Corruptions(id, cancel)))
            .WithName("getEvaluationCorruptions").WithSummary("Accuracy under each common corruption and severity, with intervals and means.").Refuses(ProblemKinds.NotFound, ProblemKinds.Conflict);
        evaluations.MapGet("/{id}/curve", async (EvaluationService service, string id, CancellationToken cancel) =>
            TypedResults.Ok(await service.Curve(id, cancel)))
            .WithName("getEvaluationCurve").WithSummary("Accuracy over the radius, with intervals, audit and area.").Refuses(ProblemKinds.NotFound, ProblemKinds.Conflict);
        evaluations.MapPost("/{id}:cancel", async Task<Results<Accepted<ActionResult>, Ok<ActionResult>>> (EvaluationService service, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            var done = await service.Cancel(id, request?.Reason, cancel);
            return done.Accepted ? TypedResults.Accepted($"/api/v1/evaluations/{id}", done) : TypedResults.Ok(done);
        }).WithName("cancelEvaluation").WithSummary("End an evaluation; finished batches stay.").Refuses(ProblemKinds.InvalidTransition);
        evaluations.MapReports();
        api.MapTransfers();
    }

    private static void MapReports(this RouteGroupBuilder evaluations)
    {
        evaluations.MapGet("/{id}/results.json", async (EvaluationReports reports, HttpContext http, string id, CancellationToken cancel) =>
        {
            http.Response.Headers.ContentDisposition = $"attachment; filename={id}-results.json";
            return TypedResults.Json(await reports.Results(id, cancel), JobJson.Options);
        }).WithName("getEvaluationFile").WithSummary("The figures as the worker wrote them, with the attacks in full.").Produces<EvaluationResults>().Refuses(ProblemKinds.Conflict);
        evaluations.MapGet("/{id}/evaluation.json", async (EvaluationReports reports, string id, CancellationToken cancel) =>
            TypedResults.PhysicalFile(await reports.Path(id, EvaluationDocument.FileName, cancel), "application/json", $"{id}-{EvaluationDocument.FileName}"))
            .WithName("exportEvaluation").WithSummary("Figures and what became of every image in one document, for `weblab verify`; docs/evaluation.schema.json describes it.").Produces<EvaluationDocument>().Refuses(ProblemKinds.Conflict);
        evaluations.MapGet("/{id}/adversarial.safetensors", async (EvaluationReports reports, string id, CancellationToken cancel) =>
            TypedResults.PhysicalFile(await reports.Path(id, OutcomeFiles.Adversarial, cancel), "application/octet-stream", $"{id}-{OutcomeFiles.Adversarial}"))
            .WithName("exportEvaluationImages").WithSummary("The adversarial images that were kept, float32 in [0,1].").Produces(200, contentType: "application/octet-stream").Refuses(ProblemKinds.Conflict);
        evaluations.MapGet("/{id}/lint", async (EvaluationReports reports, string id, CancellationToken cancel) =>
            TypedResults.Ok(await reports.Lint(id, cancel)))
            .WithName("getEvaluationLint").WithSummary("Whether the figure can be believed: a grade, and each check with its evidence.").Refuses(ProblemKinds.Conflict);
        evaluations.MapGet("/{id}/statistics", async (EvaluationReports reports, string id, CancellationToken cancel) =>
            TypedResults.Ok(await reports.Statistics(id, cancel)))
            .WithName("getEvaluationStatistics").WithSummary("By class, confusion, what each attack took, distances and margins.").Refuses(ProblemKinds.Conflict);
        evaluations.MapGet("/{id}/compare", async (EvaluationReports reports, string id, string with, CancellationToken cancel) =>
            TypedResults.Ok(await reports.Compare(id, with, cancel)))
            .WithName("compareEvaluations").WithSummary("Set an evaluation against another on the same images: McNemar's exact test and a paired interval.").Refuses(ProblemKinds.Conflict, ProblemKinds.Unprocessable);
        evaluations.MapGet("/{id}/outcomes.csv", async (EvaluationReports reports, HttpContext http, string id, CancellationToken cancel) =>
        {
            http.Response.Headers.ContentDisposition = $"attachment; filename={id}-outcomes.csv";
            return TypedResults.Text(await reports.Csv(id, cancel), "text/csv");
        }).WithName("getEvaluationOutcomes").WithSummary("What became of every image, as a table.").Produces<string>(200, "text/csv").Refuses(ProblemKinds.Conflict);
        evaluations.MapGet("/{id}/images/{index:int}.png", async (EvaluationImages images, HttpContext http, string id, int index, string? view, double? amplify, CancellationToken cancel) =>
            Image(http, await images.Png(id, index, View(view), amplify ?? 10, cancel), "image/png"))
            .WithName("getEvaluationImage").WithSummary("One image: `view` clean, adversarial or difference, amplified around grey.").Produces(200, contentType: "image/png").Refuses(ProblemKinds.Conflict);
        evaluations.MapGet("/{id}/images/{index:int}.npy", async (EvaluationImages images, HttpContext http, string id, int index, string? view, CancellationToken cancel) =>
        {
            http.Response.Headers.ContentDisposition = $"attachment; filename={id}-{index}-{View(view).ToString().ToLowerInvariant()}.npy";
            return Image(http, await images.Npy(id, index, View(view), cancel), "application/octet-stream");
        }).WithName("getEvaluationImageValues").WithSummary("The same as float32 in [0,1], channels x height x width, for NumPy.").Produces(200, contentType: "application/octet-stream").Refuses(ProblemKinds.Conflict);
    }

    // An evaluation that has completed does not change any more.
    private static IResult Image(HttpContext http, byte[] bytes, string type)
    {
        http.Response.Headers.CacheControl = "private, max-age=86400, immutable";
        return TypedResults.Bytes(bytes, type);
    }

    private static ImageView View(string? text) => text switch
    {
        null or "clean" => ImageView.Clean,
        "adversarial" => ImageView.Adversarial,
        "difference" => ImageView.Difference,
        _ => throw Refusal.Invalid("view", $"got '{text}', wanted clean, adversarial or difference"),
    };
}
