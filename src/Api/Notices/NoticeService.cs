using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Notices;

/// <summary>Something worth knowing.</summary>
/// <param name="Kind"><c>finished</c>, <c>failed</c>, <c>stalled</c>, <c>watchdog</c> or <c>threshold</c>.</param>
/// <param name="Link">The page that it is about, relative to the site.</param>
public sealed record NoticeView(string Id, string Kind, string Title, string Text, string Link, string? RunId, DateTimeOffset CreatedAt, DateTimeOffset? ReadAt);

/// <summary>How many notices wait to be read.</summary>
public sealed record UnreadCount(int Unread);

/// <summary>A person's own notices.</summary>
public sealed class NoticeService(LabStore store, NoticeBell bell, TimeProvider time)
{
    /// <param name="unread">Only those not read yet.</param>
    public async Task<Page<NoticeView>> List(string userId, bool unread, PageRequest page, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var found = await Own(rows, userId).Where(n => (!unread || n.ReadAt == null) && (page.After == null || string.Compare(n.Id, page.After) < 0))
            .OrderByDescending(n => n.Id).Take(page.Limit + 1).ToListAsync(cancel);
        return page.Cut<NoticeView>([.. found.Select(View)], n => n.Id);
    }

    public async Task<int> Unread(string userId, CancellationToken cancel)
    {
        await using var rows = store.Read();
        return await Own(rows, userId).CountAsync(n => n.ReadAt == null, cancel);
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task Read(string userId, string id, CancellationToken cancel)
    {
        await store.Write(rows =>
        {
            var notice = Own(rows, userId).SingleOrDefault(n => n.Id == id) ?? throw Refusal.NotFound("notice", id);
            notice.ReadAt ??= time.GetUtcNow();
        }, cancel);
        bell.Ring();
    }

    public async Task ReadAll(string userId, CancellationToken cancel)
    {
        await store.Write(rows =>
        {
            foreach (var notice in Own(rows, userId).Where(n => n.ReadAt == null)) notice.ReadAt = time.GetUtcNow();
        }, cancel);
        bell.Ring();
    }

    private static IQueryable<Notification> Own(LabContext rows, string userId) => rows.Notifications.Where(n => n.UserId == userId || n.UserId == null);

    private static NoticeView View(Notification n) => new(n.Id, n.Kind, n.Title, n.Text, n.Link, n.RunId, n.CreatedAt, n.ReadAt);
}
