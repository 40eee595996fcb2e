using System.Buffers.Text;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Http.Metadata;

namespace WebLab.Api.Http;

/// <summary>One page of a list. <see cref="NextCursor"/> is null on the last page.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary><c>?limit=50&amp;cursor=…</c>. A cursor is opaque to callers and holds the sort key of the last row seen.</summary>
/// <param name="Limit">1 to 200 rows.</param>
/// <param name="After">The decoded key, null on the first page.</param>
public readonly record struct PageRequest(int Limit, string? After)
{
    public const int DefaultLimit = 50, MaxLimit = 200;

    public static ValueTask<PageRequest> BindAsync(HttpContext context)
    {
        var query = context.Request.Query;
        return ValueTask.FromResult(new PageRequest(ReadLimit(query["limit"]), ReadCursor(query["cursor"])));
    }

    /// <summary>As read from a page's address.</summary>
    public static PageRequest Of(int limit, string? cursor) => new(limit, ReadCursor(cursor));

    /// <summary>Cuts a page out of rows that were read one further than the limit.</summary>
    /// <param name="rows">At most <c>Limit + 1</c> rows in order.</param>
    /// <param name="key">The sort key that the next page starts after.</param>
    public Page<T> Cut<T>(IReadOnlyList<T> rows, Func<T, string> key) => rows.Count <= Limit
        ? new Page<T>(rows, null)
        : new Page<T>([.. rows.Take(Limit)], Encode(key(rows[Limit - 1])));

    public static string Encode(string key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes("1:" + key));

    private static int ReadLimit(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return DefaultLimit;
        if (!int.TryParse(text, out var limit) || limit is < 1 or > MaxLimit)
            throw Refusal.Invalid("limit", $"got '{text}', wanted a whole number from 1 to {MaxLimit}");
        return limit;
    }

    private static string? ReadCursor(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        try
        {
            var key = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
            if (key.StartsWith("1:", StringComparison.Ordinal) && text.Length <= 512)
                return key[2..];
        }
        catch (FormatException)
        {
        }
        throw Refusal.Invalid("cursor", "is not a cursor of this list; send nextCursor of the page before, unchanged");
    }
}

/// <summary>200 with a page and <c>Link: rel="next"</c>.</summary>
public sealed class Paged<T>(Page<T> page) : IResult, IEndpointMetadataProvider
{
    public Task ExecuteAsync(HttpContext context)
    {
        if (page.NextCursor is { } cursor)
        {
            var query = context.Request.Query.Where(q => q.Key != "cursor").SelectMany(q => q.Value, (q, v) => KeyValuePair.Create(q.Key, v))
                .Append(KeyValuePair.Create("cursor", (string?)cursor));
            context.Response.Headers.Link = $"<{context.Request.PathBase}{context.Request.Path}{QueryString.Create(query)}>; rel=\"next\"";
        }
        return context.Response.WriteAsJsonAsync(page, context.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(200, typeof(Page<T>), ["application/json"]));
}
