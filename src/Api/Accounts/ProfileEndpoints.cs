using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;

namespace WebLab.Api.Accounts;

/// <summary>One's own account: name, preferences, sessions. Everybody may, viewers too.</summary>
public static class ProfileEndpoints
{
    public static void MapProfile(this RouteGroupBuilder api)
    {
        var own = api.MapGroup("/auth").WithTags("Access");
        own.MapPatch("/profile", Rename).WithName("changeProfile").RequireAuthorization(Access.Read).Refuses(ProblemKinds.Validation, ProblemKinds.Conflict);
        own.MapGet("/preferences", GetPreferences).WithName("getPreferences");
        own.MapPatch("/preferences", ChangePreferences).WithName("changePreferences").RequireAuthorization(Access.Read).Refuses(ProblemKinds.Validation);
        own.MapGet("/sessions", ListSessions).WithName("listSessions");
        own.MapDelete("/sessions/{id}", EndSession).WithName("endSession").RequireAuthorization(Access.Read).Refuses(ProblemKinds.NotFound);
        own.MapPost("/sessions:end-others", EndOthers).WithName("endOtherSessions").RequireAuthorization(Access.Read);
    }

    /// <summary>Change one's own name</summary>
    private static async Task<NoContent> Rename(ProfilePatch patch, Profiles profiles, HttpContext context, CancellationToken cancel)
    {
        var user = await profiles.Rename(context.UserId(), patch.Name, context.Actor(), cancel);
        if (context.SessionId() is { } session) await Sessions.Renew(context, user, session);
        return TypedResults.NoContent();
    }

    /// <summary>What one has chosen: kinds of notices, thresholds, whether the tour was seen</summary>
    private static async Task<Ok<Preferences>> GetPreferences(Profiles profiles, HttpContext context, CancellationToken cancel) =>
        TypedResults.Ok(await profiles.Preferences(context.UserId(), cancel));

    /// <summary>Change one's own preferences</summary>
    private static async Task<Ok<Preferences>> ChangePreferences(PreferencesPatch patch, Profiles profiles, HttpContext context, CancellationToken cancel) =>
        TypedResults.Ok(await profiles.Change(context.UserId(), patch, cancel));

    /// <summary>List the browsers in which one is signed in</summary>
    private static async Task<Ok<IReadOnlyList<SessionEntry>>> ListSessions(SessionList sessions, HttpContext context, CancellationToken cancel) =>
        TypedResults.Ok(await sessions.List(context.UserId(), context.SessionId(), cancel));

    /// <summary>Sign out one browser</summary>
    private static async Task<NoContent> EndSession(string id, SessionList sessions, HttpContext context, CancellationToken cancel)
    {
        await sessions.End(context.UserId(), id, cancel);
        return TypedResults.NoContent();
    }

    /// <summary>Sign out every other browser</summary>
    private static async Task<NoContent> EndOthers(SessionList sessions, HttpContext context, CancellationToken cancel)
    {
        await sessions.EndOthers(context.UserId(), context.SessionId(), cancel);
        return TypedResults.NoContent();
    }
}
