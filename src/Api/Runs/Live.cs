using Microsoft.AspNetCore.Http.HttpResults;
using WebLab.Api.Http;

namespace WebLab.Api.Runs;

/// <summary>Answers with an ETag for writes, and never 304: progress moves while the version of the resource stands still.</summary>
internal static class Live
{
    public static Ok<T> Ok<T>(HttpContext http, T value, string version)
    {
        http.Response.Headers.ETag = ETags.Quote(version);
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Ok(value);
    }
}
