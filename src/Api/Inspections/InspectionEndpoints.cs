using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;

namespace WebLab.Api.Inspections;

public static class InspectionEndpoints
{
    public static IServiceCollection AddInspections(this IServiceCollection services) => services.AddSingleton<InspectionService>();

    public static void MapInspections(this RouteGroupBuilder api)
    {
        var inspections = api.MapGroup("/inspections").WithTags("Inspections");
        inspections.MapGet("/", async (InspectionService service, PageRequest page, string? runId, string? checkpointId, string? datasetId, CancellationToken cancel) =>
            new Paged<InspectionView>(await service.List(runId, checkpointId, datasetId, page, cancel)))
            .WithName("listInspections").WithSummary("List inspections, newest first; of one run, checkpoint or data set.");
        inspections.MapPost("/", async Task<Accepted<InspectionView>> (InspectionService service, ClaimsPrincipal user, NewInspection wanted, CancellationToken cancel) =>
        {
            var made = await service.Create(wanted, user.Identity?.Name, cancel);
            return TypedResults.Accepted($"/api/v1/inspections/{made.Id}", made);
        }).WithName("createInspection").WithSummary("Queue a look into a checkpoint: banks of batch norm, feature statistics, attribution span, masks, feature attacks, loss surfaces.").Refuses(ProblemKinds.NotFound, ProblemKinds.Gone);
        inspections.MapGet("/{id}", async (InspectionService service, string id, CancellationToken cancel) =>
            await service.Get(id, cancel) is var found ? ETags.Ok(found, $"{found.Version}-{found.LastSeq}") : null)
            .WithName("getInspection").WithSummary("Show an inspection and its headline figures.");
        inspections.MapGet("/{id}/results", async (InspectionService service, string id, CancellationToken cancel) => TypedResults.Ok(await service.Results(id, cancel)))
            .WithName("getInspectionResults").WithSummary("What each lens found. Pictures it names are images of the run with the same id.").Refuses(ProblemKinds.Conflict);
        inspections.MapPost("/{id}:cancel", async Task<Results<Accepted<ActionResult>, Ok<ActionResult>>> (InspectionService service, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            var done = await service.Cancel(id, request?.Reason, cancel);
            return done.Accepted ? TypedResults.Accepted($"/api/v1/inspections/{id}", done) : TypedResults.Ok(done);
        }).WithName("cancelInspection").WithSummary("End an inspection; it leaves nothing.").Refuses(ProblemKinds.InvalidTransition);
    }
}
