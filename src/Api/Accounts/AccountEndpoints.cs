using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;

namespace WebLab.Api.Accounts;

public static class AccountEndpoints
{
    public static void MapAccounts(this RouteGroupBuilder api)
    {
        var keys = api.MapGroup("/api-keys").WithTags("Access");
        keys.MapGet("", ListKeys).WithName("listApiKeys");
        keys.MapPost("", CreateKey).WithName("createApiKey").WithMetadata(new NotReplayableAttribute()).Refuses(ProblemKinds.Validation);
        keys.MapDelete("/{id}", RevokeKey).WithName("revokeApiKey").Refuses(ProblemKinds.NotFound);

        var users = api.MapGroup("/users").WithTags("Access").RequireAuthorization(Access.Admin);
        users.MapGet("", ListUsers).WithName("listUsers");
        users.MapPost("", CreateUser).WithName("createUser").Refuses(ProblemKinds.Validation, ProblemKinds.Conflict);
        users.MapGet("/{id}", GetUser).WithName("getUser").Refuses(ProblemKinds.NotFound);
        users.MapPatch("/{id}", ChangeUser).WithName("changeUser")
            .Refuses(ProblemKinds.Validation, ProblemKinds.NotFound, ProblemKinds.Conflict, ProblemKinds.PreconditionFailed, ProblemKinds.PreconditionRequired);
        users.MapDelete("/{id}", DeleteUser).WithName("deleteUser")
            .Refuses(ProblemKinds.NotFound, ProblemKinds.Conflict, ProblemKinds.PreconditionFailed, ProblemKinds.PreconditionRequired);

        api.MapGet("/audit", ListAudit).WithTags("Access").WithName("listAudit").RequireAuthorization(Access.Admin)
            .Produces<Page<AuditView>>().Produces<string>(contentType: "text/csv");
    }

    /// <summary>List API keys</summary>
    /// <param name="all">Everybody's keys; administrators only.</param>
    private static async Task<Paged<ApiKeyView>> ListKeys(bool? all, PageRequest page, ApiKeys keys, HttpContext context, CancellationToken cancel)
    {
        if (all is true && !context.Scopes().Contains(Access.Admin))
            throw new Refusal(ProblemKinds.Forbidden, "all=true needs the scope admin");
        return new(await keys.List(all is true ? null : context.UserId(), page, cancel));
    }

    /// <summary>Make an API key</summary>
    /// <remarks>The answer holds the secret; it is shown this once and stored as a hash.</remarks>
    private static async Task<Created<NewApiKey>> CreateKey(ApiKeyRequest request, ApiKeys keys, HttpContext context, CancellationToken cancel)
    {
        var made = await keys.Create(request, context.UserId(), [.. context.Scopes()], context.Actor(), cancel);
        return TypedResults.Created($"/api/v1/api-keys/{made.Key.Id}", made);
    }

    /// <summary>Revoke an API key</summary>
    /// <remarks>Takes effect at once and for good; needs no If-Match, since nothing should hold it up.</remarks>
    private static async Task<NoContent> RevokeKey(string id, ApiKeys keys, HttpContext context, CancellationToken cancel)
    {
        await keys.Revoke(id, context.Scopes().Contains(Access.Admin) ? null : context.UserId(), context.Actor(), cancel);
        return TypedResults.NoContent();
    }

    /// <summary>List accounts</summary>
    private static async Task<Paged<UserView>> ListUsers(PageRequest page, Users users, CancellationToken cancel) =>
        new(await users.List(page, cancel));

    /// <summary>Make an account</summary>
    private static async Task<Versioned<UserView>> CreateUser(UserRequest request, Users users, HttpContext context, CancellationToken cancel)
    {
        var (user, version) = await users.Create(request, context.Actor(), cancel);
        return ETags.Created($"/api/v1/users/{user.Id}", user, version);
    }

    /// <summary>Get an account</summary>
    private static async Task<Versioned<UserView>> GetUser(string id, Users users, CancellationToken cancel)
    {
        var (user, version) = await users.Get(id, cancel);
        return ETags.Ok(user, version);
    }

    /// <summary>Change role, password or whether an account may sign in</summary>
    /// <remarks>Ends the user's sessions. The last administrator stays one.</remarks>
    private static async Task<Versioned<UserView>> ChangeUser(string id, UserPatch patch, IfMatch ifMatch, Users users, HttpContext context, CancellationToken cancel)
    {
        var (user, version) = await users.Change(id, patch, ifMatch, context.Actor(), cancel);
        return ETags.Ok(user, version);
    }

    /// <summary>Delete an account and its API keys</summary>
    private static async Task<NoContent> DeleteUser(string id, IfMatch ifMatch, Users users, HttpContext context, CancellationToken cancel)
    {
        await users.Delete(id, ifMatch, context.Actor(), cancel);
        return TypedResults.NoContent();
    }

    /// <summary>List what was done, newest first</summary>
    /// <remarks><c>format=csv</c> for a table of everything that fits.</remarks>
    /// <param name="actor">The whole name of who did it.</param>
    /// <param name="action">Such as <c>user.create</c>, or how it begins, such as <c>user</c>.</param>
    /// <param name="text">Found anywhere in target or detail.</param>
    /// <param name="from">From this moment on, RFC 3339.</param>
    /// <param name="to">Before this moment, RFC 3339.</param>
    /// <param name="format"><c>json</c> (default) or <c>csv</c>.</param>
    private static async Task<IResult> ListAudit(string? actor, string? action, string? text, DateTimeOffset? from, DateTimeOffset? to, string? format, PageRequest page, AuditLog log,
        CancellationToken cancel)
    {
        if (format is not (null or "json" or "csv")) throw Refusal.Invalid("format", $"got '{format}', wanted json or csv");
        var query = new AuditQuery(actor, action, text, from, to);
        return format == "csv" ? Results.Text(await log.Csv(query, cancel), "text/csv") : new Paged<AuditView>(await log.List(query, page, cancel));
    }
}
