using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;

namespace WebLab.Api.Accounts;

/// <summary>The first account.</summary>
/// <param name="Token">What follows <c>#token=</c> in the link of the terminal.</param>
/// <param name="Name">1 to 64 letters, digits and <c>. _ - @</c>.</param>
/// <param name="Password">At least 12 characters.</param>
public sealed record SetupRequest(string Token, string Name, string Password);

public sealed record SignInRequest(string Name, string Password);

public sealed record PasswordRequest(string Current, string Password);

/// <summary>Who the caller is.</summary>
/// <param name="Scopes">What the caller may do: <c>read</c>, <c>write</c>, <c>admin</c>.</param>
/// <param name="CsrfToken">For the header <c>X-CSRF-Token</c> of calls that the session cookie vouches for; null with an API key.</param>
public sealed record SessionView(string UserId, string Name, string Role, IReadOnlyList<string> Scopes, string? CsrfToken);

public static class AuthEndpoints
{
    public static void MapAuth(this RouteGroupBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Access").WithMetadata(new NotReplayableAttribute());
        auth.MapPost("/setup", SetUp).WithName("setUp").AllowAnonymous()
            .Refuses(ProblemKinds.Validation, ProblemKinds.Forbidden, ProblemKinds.Conflict, ProblemKinds.RateLimited);
        auth.MapPost("/sign-in", SignIn).WithName("signIn").AllowAnonymous()
            .Refuses(ProblemKinds.Validation, ProblemKinds.SignInFailed, ProblemKinds.LockedOut);
        auth.MapPost("/sign-out", SignOut).WithName("signOut").RequireAuthorization(Access.Read);
        auth.MapGet("/session", Session).WithName("getSession");
        auth.MapPost("/password", ChangePassword).WithName("changePassword").RequireAuthorization(Access.Read).Refuses(ProblemKinds.Validation);
    }

    /// <summary>Make the first account</summary>
    /// <remarks>Works once, with the token of the link that the first start prints; later calls are refused with 409.</remarks>
    private static async Task<Created> SetUp(SetupRequest request, SignIns signIns, HttpContext context, CancellationToken cancel)
    {
        var user = await signIns.SetUp(request.Token, request.Name, request.Password, context.Address(), cancel);
        await Sessions.Begin(context, user);
        return TypedResults.Created("/api/v1/auth/session");
    }

    /// <summary>Sign in with name and password</summary>
    /// <remarks>Answers with the session cookie. Ten wrong passwords in a row lock the name for 15 minutes.</remarks>
    private static async Task<NoContent> SignIn(SignInRequest request, SignIns signIns, HttpContext context, CancellationToken cancel)
    {
        var user = await signIns.Verify(request.Name, request.Password, context.Address(), cancel);
        await Sessions.Begin(context, user);
        return TypedResults.NoContent();
    }

    /// <summary>End the session</summary>
    private static async Task<NoContent> SignOut(SessionList sessions, HttpContext context, CancellationToken cancel)
    {
        if (context.SessionId() is { } session) await sessions.End(context.UserId(), session, cancel);
        await context.SignOutAsync(Access.CookieScheme);
        return TypedResults.NoContent();
    }

    /// <summary>Who am I</summary>
    private static Ok<SessionView> Session(HttpContext context, IAntiforgery antiforgery)
    {
        var user = context.User;
        var byCookie = user.Identity?.AuthenticationType == Access.CookieScheme;
        return TypedResults.Ok(new SessionView(user.FindFirstValue(ClaimTypes.NameIdentifier)!, user.Identity!.Name!,
            user.FindFirstValue(ClaimTypes.Role)!, context.Scopes(), byCookie ? antiforgery.GetAndStoreTokens(context).RequestToken : null));
    }

    /// <summary>Change one's own password</summary>
    /// <remarks>Ends every other session of the user.</remarks>
    private static async Task<NoContent> ChangePassword(PasswordRequest request, Users users, HttpContext context, CancellationToken cancel)
    {
        var user = await users.ChangePassword(context.UserId(), request.Current, request.Password, context.Actor(), cancel);
        if (context.User.Identity?.AuthenticationType == Access.CookieScheme)
            await Sessions.Begin(context, user);
        return TypedResults.NoContent();
    }
}

/// <summary>What endpoints ask of the caller.</summary>
public static class Caller
{
    public static string UserId(this HttpContext context) => context.User.FindFirstValue(ClaimTypes.NameIdentifier)!;

    /// <summary>Of a browser; null with an API key.</summary>
    public static string? SessionId(this HttpContext context) => context.User.FindFirstValue(Access.SessionClaim);

    public static string? Address(this HttpContext context) => context.Connection.RemoteIpAddress?.ToString();

    public static Actor Actor(this HttpContext context) => new(context.User.Identity?.Name ?? "anonymous", context.Address());

    public static IReadOnlyList<string> Scopes(this HttpContext context) => [.. context.User.FindAll(Access.ScopeClaim).Select(c => c.Value)];
}
