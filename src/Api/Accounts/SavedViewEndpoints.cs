using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;

namespace WebLab.Api.Accounts;

public static class SavedViewEndpoints
{
    public static void MapSavedViews(this RouteGroupBuilder api)
    {
        var views = api.MapGroup("/views").WithTags("Access");
        views.MapGet("", async (SavedViews saved, HttpContext http, CancellationToken cancel) => TypedResults.Ok(await saved.List(http.UserId(), cancel)))
            .WithName("listViews").WithSummary("Your saved views of lists.");
        views.MapPost("", async (SavedViews saved, HttpContext http, NewView wanted, CancellationToken cancel) =>
            await saved.Create(http.UserId(), wanted, cancel) is var made ? ETags.Created($"/api/v1/views/{made.Id}", made, made.Version.ToString()) : null)
            .WithName("createView").WithSummary("Keep a view under a name.").Refuses(ProblemKinds.Conflict, ProblemKinds.Unprocessable);
        views.MapPatch("/{id}", async (SavedViews saved, HttpContext http, string id, ViewPatch patch, IfMatch expected, CancellationToken cancel) =>
            await saved.Patch(http.UserId(), id, patch, expected, cancel) is var changed ? ETags.Ok(changed, changed.Version.ToString()) : null)
            .WithName("patchView").WithSummary("Rename a view, or let it show something else.").Refuses(ProblemKinds.Conflict);
        views.MapDelete("/{id}", async Task<NoContent> (SavedViews saved, HttpContext http, string id, IfMatch expected, CancellationToken cancel) =>
        {
            await saved.Delete(http.UserId(), id, expected, cancel);
            return TypedResults.NoContent();
        }).WithName("deleteView").WithSummary("Forget a view.");
    }
}
