using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Accounts;
using WebLab.Api.Http;

namespace WebLab.Api.Notices;

public static class NoticeEndpoints
{
    public static void AddNotices(this IServiceCollection services)
    {
        services.AddSingleton<NoticeBell>();
        services.AddSingleton<NoticeService>();
        services.AddHostedService<NewsDesk>();
    }

    public static void MapNotices(this RouteGroupBuilder api)
    {
        var notices = api.MapGroup("/notices").WithTags("Notices");
        notices.MapGet("", List).WithName("listNotices");
        notices.MapGet("/unread", Unread).WithName("countUnreadNotices");
        notices.MapPost("/{id}:read", Read).WithName("readNotice").RequireAuthorization(Access.Read)
            .WithMetadata(new NotAuditedAttribute("a mark on one's own notice")).Refuses(ProblemKinds.NotFound);
        api.MapPost("/notices:read-all", ReadAll).WithTags("Notices").WithName("readAllNotices").RequireAuthorization(Access.Read)
            .WithMetadata(new NotAuditedAttribute("a mark on one's own notices"));
    }

    /// <summary>List one's own notices, newest first</summary>
    /// <param name="unread">Only those not read yet.</param>
    private static async Task<Paged<NoticeView>> List(bool? unread, PageRequest page, NoticeService notices, HttpContext context, CancellationToken cancel) =>
        new(await notices.List(context.UserId(), unread ?? false, page, cancel));

    /// <summary>How many notices wait to be read</summary>
    private static async Task<Ok<UnreadCount>> Unread(NoticeService notices, HttpContext context, CancellationToken cancel) =>
        TypedResults.Ok(new UnreadCount(await notices.Unread(context.UserId(), cancel)));

    /// <summary>Mark a notice as read</summary>
    private static async Task<NoContent> Read(string id, NoticeService notices, HttpContext context, CancellationToken cancel)
    {
        await notices.Read(context.UserId(), id, cancel);
        return TypedResults.NoContent();
    }

    /// <summary>Mark every notice as read</summary>
    private static async Task<NoContent> ReadAll(NoticeService notices, HttpContext context, CancellationToken cancel)
    {
        await notices.ReadAll(context.UserId(), cancel);
        return TypedResults.NoContent();
    }
}
