using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;

namespace WebLab.Api.Evaluations;

public static class EvaluationEndpoints
{
    public static void MapEvaluations(this RouteGroupBuilder api)
    {
        var evaluations = api.MapGroup("/evaluations").WithTags("Evaluations");
        evaluations.MapGet("/", async (EvaluationService service, PageRequest page, string? runId, string? checkpointId, CancellationToken cancel) =>
            new Paged<EvaluationView>(await service.List(runId, checkpointId, page, cancel)))
            .WithName("listEvaluations").WithSummary("List evaluations, newest first; of one run or checkpoint.");
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
        evaluations.MapPost("/{id}:cancel", async Task<Results<Accepted<ActionResult>, Ok<ActionResult>>> (EvaluationService service, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            var done = await service.Cancel(id, request?.Reason, cancel);
            return done.Accepted ? TypedResults.Accepted($"/api/v1/evaluations/{id}", done) : TypedResults.Ok(done);
        }).WithName("cancelEvaluation").WithSummary("End an evaluation; finished batches stay.").Refuses(ProblemKinds.InvalidTransition);
    }
}
