using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Accounts;
using WebLab.Api.Http;
using WebLab.Api.Lab;

namespace WebLab.Api.Shares;

public static class ShareEndpoints
{
    public static void AddShares(this IServiceCollection services) => services.AddSingleton<ShareService>();

    public static void MapShares(this RouteGroupBuilder api)
    {
        var shares = api.MapGroup("/shares").WithTags("Shares");
        shares.MapPost("", Create).WithName("createShare").Refuses(ProblemKinds.NotFound, ProblemKinds.Conflict);
        shares.MapGet("", List).WithName("listShares");
        shares.MapDelete("/{token}", Revoke).WithName("revokeShare");
        shares.MapGet("/{token}", Open).WithName("openShare").AllowAnonymous().Refuses(ProblemKinds.Gone);
        shares.MapGet("/{token}/files/{name}", OneFile).WithName("getSharedFile").AllowAnonymous().Refuses(ProblemKinds.Gone)
            .Produces(200, contentType: "image/png", additionalContentTypes: ["application/octet-stream", "application/json"]);
    }

    /// <summary>Share a result by a link</summary>
    /// <remarks>
    /// Whoever has the link can read the result without an account, until it ends or is revoked; the result is kept as long.
    /// An example: <c>{"kind":"lab","targetId":"…","title":"A disc that became a cross"}</c>.
    /// </remarks>
    private static async Task<Created<ShareView>> Create(ShareRequest body, ShareService shares, HttpContext context, CancellationToken cancel)
    {
        var made = await shares.Create(body, context.UserId(), context.Actor(), cancel);
        return TypedResults.Created($"/api/v1/shares/{made.Token}", made);
    }

    /// <summary>List your links that still work</summary>
    private static Task<IReadOnlyList<ShareView>> List(ShareService shares, HttpContext context, CancellationToken cancel) => shares.List(context.UserId(), cancel);

    /// <summary>Revoke a link</summary>
    /// <remarks>Its owner and administrators may.</remarks>
    private static async Task<NoContent> Revoke(string token, ShareService shares, HttpContext context, CancellationToken cancel)
    {
        var owner = context.User.HasClaim(Access.ScopeClaim, Access.Admin) ? null : context.UserId();
        await shares.Revoke(token, owner, context.Actor(), cancel);
        return TypedResults.NoContent();
    }

    /// <summary>Read what a link shows</summary>
    /// <remarks>Needs no account.</remarks>
    private static Task<SharedView> Open(string token, ShareService shares, CancellationToken cancel) => shares.Open(token, cancel);

    /// <summary>A file of what a link shows</summary>
    /// <param name="name">As the result names it.</param>
    private static async Task<IResult> OneFile(string token, string name, ShareService shares, HttpContext context, CancellationToken cancel)
    {
        var path = await shares.PathOf(token, name, cancel);
        context.Response.Headers.CacheControl = "private, no-cache"; // a link can be revoked
        return TypedResults.PhysicalFile(path, BoardEndpoints.MediaType(name));
    }
}
