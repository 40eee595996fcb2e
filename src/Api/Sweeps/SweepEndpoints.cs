using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;
using WebLab.Api.Runs;

namespace WebLab.Api.Sweeps;

public static class SweepEndpoints
{
    public static void MapSweeps(this RouteGroupBuilder api)
    {
        api.MapPost("/sweeps:preview", async (SweepService service, NewSweep wanted, CancellationToken cancel) => TypedResults.Ok(await service.Preview(wanted, cancel)))
            .WithTags("Sweeps").WithName("previewSweep").WithSummary("Say which points a sweep would try and what it would cost; stores nothing.");
        var sweeps = api.MapGroup("/sweeps").WithTags("Sweeps");
        sweeps.MapGet("/", async (SweepService service, PageRequest page, bool? trashed, CancellationToken cancel) => new Paged<SweepSummary>(await service.List(page, trashed ?? false, cancel)))
            .WithName("listSweeps").WithSummary("List sweeps, newest first.");
        sweeps.MapPost("/", async (SweepService service, ClaimsPrincipal user, NewSweep wanted, CancellationToken cancel) =>
            await service.Create(wanted, user.Identity?.Name, cancel) is var made ? ETags.Created($"/api/v1/sweeps/{made.Id}", made, made.Version) : null)
            .WithName("createSweep").WithSummary("Make an experiment of every point and queue their runs.")
            .WithDescription("Every point is checked before anything is stored; a refusal names the point and its field, such as `points[3].optimizer.lr`.");
        sweeps.MapGet("/{id}", async (SweepService service, HttpContext http, string id, CancellationToken cancel) =>
            await service.Get(id, cancel) is var found ? Live.Ok(http, found, found.Version) : null)
            .WithName("getSweep").WithSummary("Show a sweep with its points and their figures.");
        sweeps.MapDelete("/{id}", async Task<NoContent> (SweepService service, string id, IfMatch expected, CancellationToken cancel) =>
        {
            await service.Trash(id, expected, cancel);
            return TypedResults.NoContent();
        }).WithName("trashSweep").WithSummary("Put a sweep and its experiments into the trash.").Refuses(ProblemKinds.InvalidTransition);
        sweeps.MapPost("/{id}:cancel", async Task<NoContent> (SweepService service, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            await service.Cancel(id, cancel);
            return TypedResults.NoContent();
        }).WithName("cancelSweep").WithSummary("Cancel every run of a sweep that has not ended.").Refuses(ProblemKinds.InvalidTransition);
        sweeps.MapPost("/{id}:restore", async Task<NoContent> (SweepService service, string id, ActionRequest? request, CancellationToken cancel) =>
        {
            await service.Restore(id, cancel);
            return TypedResults.NoContent();
        }).WithName("restoreSweep").WithSummary("Take a sweep and its experiments out of the trash.");
    }
}
