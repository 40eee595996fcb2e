using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Accounts;
using WebLab.Api.Http;
using WebLab.Api.Lab;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Shares;

/// <summary>
/// Links to results for people without an account: read-only, one result each, to be revoked at any time. What is shared is kept as long as
/// its link lives.
/// </summary>
public sealed class ShareService(LabStore store, LabBoards boards, LabSessions sessions, Audit audit, TimeProvider time)
{
    /// <summary>A board of the lab; the only kind so far.</summary>
    public const string Lab = "lab";
    private const int Days = 14, MostTitle = 120;

    /// <summary>Makes a link to a result of the caller.</summary>
    /// <exception cref="Refusal">400 with the fields; 404; 409 while the result is still in the making.</exception>
    public async Task<ShareView> Create(ShareRequest request, string userId, Actor actor, CancellationToken cancel)
    {
        var title = request.Title.Trim();
        if (request.Kind != Lab) throw Refusal.Invalid("kind", $"got '{request.Kind}', wanted {Lab}");
        if (title.Length is 0 or > MostTitle) throw Refusal.Invalid("title", $"got {title.Length} characters, wanted 1 to {MostTitle}");
        var board = await boards.Get(request.TargetId, userId, cancel);
        if (board.Status is BoardStatus.Queued or BoardStatus.Running) throw new Refusal(ProblemKinds.Conflict, "the board is still played; share it when it is done");
        var share = new Share
        {
            Token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24)),
            Kind = Lab,
            TargetId = board.Id,
            Title = title,
            CreatedBy = userId,
            CreatedAt = time.GetUtcNow(),
            ExpiresAt = request.Expires ? time.GetUtcNow().AddDays(Days) : null,
        };
        await store.Write(rows =>
        {
            rows.Shares.Add(share);
            audit.Add(rows, actor, "share.create", $"{Lab}:{board.Id}", title);
        }, cancel);
        return View(share);
    }

    /// <summary>The caller's links that still work, newest first.</summary>
    public async Task<IReadOnlyList<ShareView>> List(string userId, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await using var rows = store.Read();
        var mine = await rows.Shares.Where(s => s.CreatedBy == userId && s.RevokedAt == null && (s.ExpiresAt == null || s.ExpiresAt > now)).ToListAsync(cancel);
        return [.. mine.OrderByDescending(s => s.CreatedAt).Select(View)];
    }

    /// <summary>Ends a link for good; again is no error.</summary>
    /// <param name="userId">Whose links may be revoked; null for anybody's.</param>
    /// <exception cref="Refusal">404.</exception>
    public Task Revoke(string token, string? userId, Actor actor, CancellationToken cancel) => store.Write(rows =>
    {
        if (rows.Shares.Find(token) is not { } share || (userId is not null && share.CreatedBy != userId)) throw Refusal.NotFound("link", "");
        if (share.RevokedAt is not null) return;
        share.RevokedAt = time.GetUtcNow();
        audit.Add(rows, actor, "share.revoke", $"{share.Kind}:{share.TargetId}", share.Title);
    }, cancel);

    /// <summary>What a link shows.</summary>
    /// <exception cref="Refusal">404; 410 when its time is over or it was revoked.</exception>
    public async Task<SharedView> Open(string token, CancellationToken cancel)
    {
        var share = await Living(token, cancel);
        var board = await LabBoards.Read(sessions.Shared(share.TargetId), share.TargetId, cancel);
        return new SharedView(share.Title, share.Kind, share.CreatedAt, share.ExpiresAt, Moved(board, LabBoards.Address(board.Id, ""), $"/api/v1/shares/{token}/files/"));
    }

    /// <summary>The path of a file that what is shared names.</summary>
    /// <exception cref="Refusal">As of <see cref="Open"/>.</exception>
    public async Task<string> PathOf(string token, string name, CancellationToken cancel) =>
        await sessions.SharedFile((await Living(token, cancel)).TargetId, name, cancel);

    private async Task<Share> Living(string token, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var share = await rows.Shares.FirstOrDefaultAsync(s => s.Token == token, cancel) ?? throw Refusal.NotFound("link", "");
        return share.RevokedAt is null && (share.ExpiresAt is null || share.ExpiresAt > time.GetUtcNow()) ? share
            : throw new Refusal(ProblemKinds.Gone, share.RevokedAt is null ? "the time of this link is over" : "this link was revoked");
    }

    // The same board with its files below the link, and without the ids of pictures that only their owner can read.
    private static LabBoard Moved(LabBoard board, string from, string to)
    {
        string At(string address) => address.StartsWith(from, StringComparison.Ordinal) ? to + address[from.Length..] : "";
        return board with
        {
            Pictures = [.. board.Pictures.Select(p => p with { Original = At(p.Original), Asked = p.Asked is { } asked ? asked with { PictureId = null } : null })],
            Cells = [.. board.Cells.Select(c => c with { Seen = At(c.Seen), Adversarial = At(c.Adversarial), Delta = At(c.Delta), Trace = c.Trace is { } t ? At(t) : null })],
        };
    }

    private static ShareView View(Share s) => new(s.Token, $"/s/{s.Token}", s.Kind, s.TargetId, s.Title, s.CreatedAt, s.ExpiresAt);
}
