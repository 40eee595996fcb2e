using Microsoft.AspNetCore.Http.Metadata;
using System.Reflection;

namespace WebLab.Api.Http;

/// <summary>The <c>If-Match</c> header of a write; bound as a parameter by PATCH, PUT and DELETE of single resources.</summary>
/// <param name="Header">As sent, null when absent.</param>
public readonly record struct IfMatch(string? Header)
{
    public static ValueTask<IfMatch> BindAsync(HttpContext context) =>
        ValueTask.FromResult(new IfMatch(context.Request.Headers.IfMatch.ToString() is { Length: > 0 } sent ? sent : null));

    /// <summary>428 when nothing was sent, 412 when the version is old; <c>*</c> fits any.</summary>
    public void Require(string version)
    {
        if (Header is null)
            throw Refusal.Of(ProblemKinds.PreconditionRequired, [("If-Match", "is required; read the resource and send its ETag")]);
        if (!ETags.Fits(Header, version))
            throw Refusal.Of(ProblemKinds.PreconditionFailed, [("If-Match", $"got {Header}, the resource is at {ETags.Quote(version)}")]);
    }
}

public static class ETags
{
    public static string Quote(string version) => $"\"{version}\"";

    /// <summary>Whether a header such as <c>"3", W/"4"</c> or <c>*</c> names the version.</summary>
    public static bool Fits(string header, string version) => header.Split(',', StringSplitOptions.TrimEntries)
        .Any(tag => tag == "*" || (tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag) == Quote(version));

    /// <summary>200 with an ETag, or 304 when the reader already has this version.</summary>
    public static Versioned<T> Ok<T>(T value, string version) => new(value, version, StatusCodes.Status200OK, null);

    /// <summary>201 with ETag and Location.</summary>
    public static Versioned<T> Created<T>(string location, T value, string version) => new(value, version, StatusCodes.Status201Created, location);
}

/// <summary>A single resource with its version.</summary>
public sealed class Versioned<T>(T value, string version, int status, string? location) : IResult, IEndpointMetadataProvider
{
    public Task ExecuteAsync(HttpContext context)
    {
        context.Response.Headers.ETag = ETags.Quote(version);
        context.Response.Headers.CacheControl = "private, no-cache";
        if (location is not null)
            context.Response.Headers.Location = location;
        var known = context.Request.Headers.IfNoneMatch.ToString();
        if (HttpMethods.IsGet(context.Request.Method) && known.Length > 0 && ETags.Fits(known, version))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(value, context.RequestAborted);
    }

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        var creates = builder.Metadata.OfType<IHttpMethodMetadata>().Any(m => m.HttpMethods.Contains("POST"));
        builder.Metadata.Add(new ProducesResponseTypeMetadata(creates ? 201 : 200, typeof(T), ["application/json"]));
        if (builder.Metadata.OfType<IHttpMethodMetadata>().Any(m => m.HttpMethods.Contains("GET")))
            builder.Metadata.Add(new ProducesResponseTypeMetadata(304));
    }
}
