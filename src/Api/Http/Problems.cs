using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.EntityFrameworkCore;

namespace WebLab.Api.Http;

/// <summary>A kind of refusal: its name ends the stable type URI.</summary>
/// <param name="Name">Kebab case, never renamed.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">One sentence, the same for each occurrence.</param>
/// <param name="Retryable">Whether the same request may succeed later without a change.</param>
public sealed record ProblemKind(string Name, int Status, string Title, bool Retryable = false)
{
    public string Type => "https://weblab.dev/problems/" + Name;
}

/// <summary>Every kind of problem that the API answers with; docs/problems.md lists them.</summary>
public static class ProblemKinds
{
    public static readonly ProblemKind Validation = new("validation", 400, "The request is not valid");
    public static readonly ProblemKind MalformedJson = new("malformed-json", 400, "The body is not well-formed JSON");
    public static readonly ProblemKind HostNotAllowed = new("host-not-allowed", 400, "The Host header is not on the allow-list");
    public static readonly ProblemKind Unauthenticated = new("unauthenticated", 401, "Sign in or send an API key");
    public static readonly ProblemKind SignInFailed = new("sign-in-failed", 401, "The name or the password is wrong");
    public static readonly ProblemKind Forbidden = new("forbidden", 403, "Your role or the key's scope does not allow this");
    public static readonly ProblemKind CrossOrigin = new("cross-origin", 403, "The request comes from another site");
    public static readonly ProblemKind Antiforgery = new("antiforgery", 403, "The antiforgery token is missing or stale");
    public static readonly ProblemKind NotFound = new("not-found", 404, "Nothing is here");
    public static readonly ProblemKind MethodNotAllowed = new("method-not-allowed", 405, "The resource does not know this verb");
    public static readonly ProblemKind Conflict = new("conflict", 409, "The state of the resource does not allow this");
    public static readonly ProblemKind InvalidTransition = new("invalid-transition", 409, "This action is not legal in the present state");
    public static readonly ProblemKind IdempotencyInFlight = new("idempotency-in-flight", 409, "A request with this key is still running", true);
    public static readonly ProblemKind Gone = new("gone", 410, "It was here and has been removed");
    public static readonly ProblemKind PreconditionFailed = new("precondition-failed", 412, "The resource has changed since it was read");
    public static readonly ProblemKind TooLarge = new("too-large", 413, "The body is larger than allowed");
    public static readonly ProblemKind UnsupportedMedia = new("unsupported-media-type", 415, "The content type or file format is not supported");
    public static readonly ProblemKind RangeNotSatisfiable = new("range-not-satisfiable", 416, "The range lies outside the content");
    public static readonly ProblemKind Unprocessable = new("unprocessable", 422, "The request is well formed but cannot be carried out");
    public static readonly ProblemKind ImageRefused = new("image-refused", 422, "The image cannot be used");
    public static readonly ProblemKind IdempotencyMismatch = new("idempotency-mismatch", 422, "The key was used with another body");
    public static readonly ProblemKind PreconditionRequired = new("precondition-required", 428, "Send If-Match with the ETag that was read");
    public static readonly ProblemKind RateLimited = new("rate-limited", 429, "Too many requests", true);
    public static readonly ProblemKind LockedOut = new("locked-out", 429, "Too many failed attempts to sign in", true);
    public static readonly ProblemKind Internal = new("internal", 500, "Something went wrong on the server");
    public static readonly ProblemKind GpuBusy = new("gpu-busy", 503, "The lab worker is busy", true);
    public static readonly ProblemKind Unavailable = new("unavailable", 503, "The service cannot do this at the moment", true);
    public static readonly ProblemKind Timeout = new("timeout", 504, "The request took longer than allowed", true);
    public static readonly ProblemKind DiskFull = new("disk-full", 507, "The disk guard refuses new data", true);

    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        Validation, MalformedJson, HostNotAllowed, Unauthenticated, SignInFailed, Forbidden, CrossOrigin, Antiforgery, NotFound,
        MethodNotAllowed, Conflict, InvalidTransition, IdempotencyInFlight, Gone, PreconditionFailed, TooLarge, UnsupportedMedia,
        RangeNotSatisfiable, Unprocessable, ImageRefused, IdempotencyMismatch, PreconditionRequired, RateLimited, LockedOut, Internal,
        GpuBusy, Unavailable, Timeout, DiskFull,
    ];

    /// <summary>The plain kind for a status that the framework set without a body.</summary>
    public static ProblemKind OfStatus(int status) => All.FirstOrDefault(k => k.Status == status && k != HostNotAllowed && k != SignInFailed)
        ?? (status >= 500 ? Internal : Validation);
}

/// <summary>The body of every refusal (RFC 9457, <c>application/problem+json</c>).</summary>
public sealed record Problem(string Type, string Title, int Status, string Detail, string TraceId, bool Retryable)
{
    /// <summary>Messages by JSON path, query parameter or header.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>Actions that would be legal now.</summary>
    public IReadOnlyList<string>? Legal { get; init; }
}

/// <summary>The only place that writes a refusal.</summary>
public sealed partial class Problems(RequestDelegate next, ILogger<Problems> log)
{
    public const string MediaType = "application/problem+json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a problem is never part of an HTML page
    };

    /// <summary>Answers as a problem whatever goes wrong below the API's paths; pages keep their own error page.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        if (!Speaks(context.Request.Path))
        {
            await next(context);
            return;
        }
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null })
                await Write(context, Unread(context) ?? new Refusal(ProblemKinds.OfStatus(context.Response.StatusCode), DetailOf(context)));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            LogAborted(context.Request.Method, context.Request.Path);
            if (!context.Response.HasStarted)
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            var refusal = Read(e);
            if (refusal.Kind.Status >= 500 && e is not Refusal)
                LogFailed(e, context.Request.Method, context.Request.Path);
            await Write(context, refusal);
        }
    }

    /// <summary>Whether refusals below this path are problems (and not pages).</summary>
    public static bool Speaks(PathString path) =>
        path.StartsWithSegments("/api") || path.StartsWithSegments("/hubs") || path.StartsWithSegments("/health") || path.StartsWithSegments("/openapi");

    public static Task Write(HttpContext context, Refusal refusal)
    {
        if (refusal.RetryAfter is { } wait)
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(Math.Max(1, wait.TotalSeconds))).ToString();
        context.Response.StatusCode = refusal.Kind.Status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(Body(refusal, context.TraceIdentifier), Json, MediaType, context.RequestAborted);
    }

    public static Task Write(HttpContext context, ProblemKind kind, string detail) => Write(context, new Refusal(kind, detail));

    /// <summary>What is said of a refusal.</summary>
    public static Problem Body(Refusal refusal, string? trace = null) =>
        new(refusal.Kind.Type, refusal.Kind.Title, refusal.Kind.Status, refusal.Message, Activity.Current?.Id ?? trace ?? "", refusal.Kind.Retryable)
        {
            Errors = refusal.Errors,
            Legal = refusal.Legal,
        };

    /// <summary>What an exception means to the caller; the inside of the server is never part of it.</summary>
    public static Refusal Read(Exception e) => e switch
    {
        Refusal r => r,
        BadHttpRequestException { InnerException: JsonException json } => ReadJson(json),
        BadHttpRequestException b => ReadBadRequest(b),
        JsonException json => ReadJson(json),
        AntiforgeryValidationException => new Refusal(ProblemKinds.Antiforgery,
            "send the header X-CSRF-Token with the token of GET /api/v1/auth/session, or use an API key"),
        DbUpdateConcurrencyException => new Refusal(ProblemKinds.PreconditionFailed, "somebody else changed it meanwhile; read it again"),
        _ => new Refusal(ProblemKinds.Internal, "the server's log has the details under this trace id"),
    };

    private static Refusal ReadJson(JsonException e)
    {
        var path = PathOf(e.Path);
        if (UnknownMember().Match(e.Message) is { Success: true } unknown)
        {
            var name = unknown.Groups[1].Value;
            var at = path.EndsWith(name, StringComparison.Ordinal) ? path : path.Length == 0 ? name : $"{path}.{name}";
            return Refusal.Invalid(at, "is not a known field");
        }
        if (MissingMembers().Match(e.Message) is { Success: true } missing)
        {
            var names = missing.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries).Select(n => n.Trim('\'', '"', '.'));
            return Refusal.Invalid(names.Select(n => (path.Length == 0 ? n : $"{path}.{n}", "is required")));
        }
        if (Doubled().Match(e.Message) is { Success: true } doubled)
            return Refusal.Invalid(path.Length == 0 ? doubled.Groups[1].Value : path, "is given twice");
        if (e.Message.Contains("doesn't allow null values", StringComparison.Ordinal))
            return Refusal.Invalid(path.Length == 0 ? "body" : path, "must not be null");
        if (WrongType().Match(e.Message) is { Success: true } wrong)
            return Refusal.Invalid(path.Length == 0 ? "body" : path, Shown(wrong.Groups[1].Value));
        var where = e.LineNumber is { } line ? $" (line {line + 1}, byte {e.BytePositionInLine + 1})" : "";
        var what = e.Message.Split(" Path: ")[0].Split(" LineNumber: ")[0];
        return Refusal.Of(ProblemKinds.MalformedJson, [(path.Length == 0 ? "body" : path, what + where)]);
    }

    private static Refusal ReadBadRequest(BadHttpRequestException e) => e.StatusCode switch
    {
        413 => new Refusal(ProblemKinds.TooLarge, "the body exceeds the limit of this operation"),
        415 => new Refusal(ProblemKinds.UnsupportedMedia, e.Message),
        _ when Parameter().Match(e.Message) is { Success: true } p => Refusal.Invalid(p.Groups[1].Value, p.Groups[2].Success
            ? $"'{p.Groups[2].Value}' cannot be read" : "is required"),
        _ => Refusal.Invalid("request", e.Message),
    };

    // The generated code that binds an optional parameter answers 400 and does not say which one it was.
    private static Refusal? Unread(HttpContext context)
    {
        if (context.Response.StatusCode != StatusCodes.Status400BadRequest || context.GetEndpoint() is not { } endpoint)
            return null;
        var wrong = endpoint.Metadata.GetOrderedMetadata<IParameterBindingMetadata>()
            .Where(p => p is { HasTryParse: true, IsOptional: true })
            .Select(p => (p.Name, Value: (string?)context.Request.Query[p.Name], Type: Nullable.GetUnderlyingType(p.ParameterInfo.ParameterType)))
            .FirstOrDefault(p => p is { Value.Length: > 0, Type: not null } && !TypeDescriptor.GetConverter(p.Type).IsValid(p.Value));
        return wrong.Name is null ? null : Refusal.Invalid(wrong.Name, $"'{wrong.Value}' cannot be read");
    }

    // "$.spec.attack['a b']" -> "spec.attack['a b']"
    private static string PathOf(string? path) => path is null or "$" ? "" : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path[1..];

    private static string Shown(string type) => type.TrimEnd('.').Split('.', '+')[^1] switch
    {
        "Int32" or "Int64" => "wanted a whole number",
        "Double" or "Single" or "Decimal" => "wanted a number",
        "Boolean" => "wanted true or false",
        "String" => "wanted a string",
        _ => "has the wrong type or value",
    };

    private static string DetailOf(HttpContext context) => context.Response.StatusCode switch
    {
        401 => "no valid session cookie or API key came with the request",
        403 => "ask an administrator for a higher role, or use a key with the scope this needs",
        404 => "no operation lives at this path",
        405 => $"allowed: {context.Response.Headers.Allow}",
        415 => $"got '{context.Request.ContentType ?? "nothing"}'",
        _ => ProblemKinds.OfStatus(context.Response.StatusCode).Title,
    };

    [GeneratedRegex("^The JSON property '(.+?)' could not be mapped")]
    private static partial Regex UnknownMember();

    [GeneratedRegex("missing required properties including: (.+?)\\.?(?: Path:|$)")]
    private static partial Regex MissingMembers();

    [GeneratedRegex("^Duplicate property '(.+?)'")]
    private static partial Regex Doubled();

    [GeneratedRegex("^The JSON value could not be converted to ([^ ]+)")]
    private static partial Regex WrongType();

    [GeneratedRegex("parameter \"[^\"]*?([A-Za-z_0-9]+)\"(?: from \"(.*)\")?")]
    private static partial Regex Parameter();

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Path} was aborted by its caller")]
    private partial void LogAborted(string method, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogFailed(Exception e, string method, string path);
}
