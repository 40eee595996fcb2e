using WebLab.Api.Lab;

namespace WebLab.Api.Shares;

/// <summary>What to share.</summary>
/// <param name="Kind"><c>lab</c>: a board of the lab.</param>
/// <param name="TargetId">Its id.</param>
/// <param name="Title">1 to 120 characters; heads the page.</param>
/// <param name="Expires">False for a link without an end; otherwise it ends after 14 days.</param>
public sealed record ShareRequest(string Kind, string TargetId, string Title, bool Expires = true);

/// <summary>A link by which anybody who has it can read one result.</summary>
/// <param name="Path">Of the page, such as <c>/s/…</c>; the token is the secret.</param>
/// <param name="ExpiresAt">Null: it does not end by itself.</param>
public sealed record ShareView(string Token, string Path, string Kind, string TargetId, string Title, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

/// <summary>What a link shows.</summary>
/// <param name="Lab">The board, for kind <c>lab</c>; its addresses lie below the link.</param>
public sealed record SharedView(string Title, string Kind, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, LabBoard Lab);
