using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Http;

/// <summary>Marks a POST that no key protects, such as signing in: its reply must not be kept.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class NotReplayableAttribute : Attribute;

/// <summary>
/// <c>Idempotency-Key</c> on POST: the first call's success is kept for 24 hours and replayed to calls with the same key and body.
/// Another body is 422, a call while the first still runs is 409. Failures are not kept, so that a corrected call may follow.
/// A key whose first call died with the server is free again.
/// </summary>
public sealed class Idempotency(RequestDelegate next, LabStore store, TimeProvider time)
{
    public const string Header = "Idempotency-Key", ReplayedHeader = "Idempotent-Replayed";
    private const int MaxKeptBytes = 1 << 20;
    private static readonly string[] KeptHeaders = ["Location", "ETag", "Content-Location"];

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public async Task InvokeAsync(HttpContext context)
    {
        var key = context.Request.Headers[Header].ToString();
        var user = context.User.FindFirstValue(ClaimTypes.NameIdentifier);
        if (key.Length == 0 || user is null || !HttpMethods.IsPost(context.Request.Method) || context.GetEndpoint() is not { } endpoint
            || endpoint.Metadata.GetMetadata<NotReplayableAttribute>() is not null)
        {
            await next(context);
            return;
        }
        if (key.Length > 128 || key.Any(c => c is < ' ' or > '~'))
            throw Refusal.Invalid(Header, "wanted 1 to 128 printable ASCII characters");

        var claim = new IdempotencyRecord
        {
            UserId = user,
            Route = context.Request.Path + context.Request.QueryString,
            Key = key,
            BodyHash = await HashBody(context.Request, context.RequestAborted),
            CreatedAt = time.GetUtcNow(),
            ExpiresAt = time.GetUtcNow().AddHours(24),
        };
        if (await store.Write(c => Claim(c, claim), context.RequestAborted) is { } earlier)
            await Answer(context, claim, earlier);
        else
            await RunAndKeep(context, claim);
    }

    // Null when the key is now ours.
    private IdempotencyRecord? Claim(LabContext rows, IdempotencyRecord claim)
    {
        var earlier = rows.IdempotencyRecords.Find(claim.UserId, claim.Route, claim.Key);
        if (earlier is not null)
        {
            var abandoned = earlier.Status is null && earlier.CreatedAt < _startedAt;
            if (earlier.ExpiresAt > claim.CreatedAt && !abandoned)
                return earlier;
            rows.IdempotencyRecords.Remove(earlier);
            rows.SaveChanges();
        }
        rows.IdempotencyRecords.Add(claim);
        return null;
    }

    private static async Task Answer(HttpContext context, IdempotencyRecord claim, IdempotencyRecord earlier)
    {
        if (earlier.BodyHash != claim.BodyHash)
            throw Refusal.Of(ProblemKinds.IdempotencyMismatch, [(Header, "was used with another body within the last 24 hours; choose a new key")]);
        if (earlier.Status is not { } status)
            throw new Refusal(ProblemKinds.IdempotencyInFlight, "the first request with this key has not finished") { RetryAfter = TimeSpan.FromSeconds(1) };
        context.Response.StatusCode = status;
        context.Response.Headers[ReplayedHeader] = "true";
        if (earlier.ContentType is not null)
            context.Response.ContentType = earlier.ContentType;
        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, string>>(earlier.HeadersJson ?? "{}")!)
            context.Response.Headers[name] = value;
        if (earlier.Response is { Length: > 0 } body)
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task RunAndKeep(HttpContext context, IdempotencyRecord claim)
    {
        var wire = context.Response.Body;
        using var body = new MemoryStream();
        context.Response.Body = body;
        var kept = false;
        try
        {
            await next(context);
            if (context.Response.StatusCode is >= 200 and < 300 && body.Length <= MaxKeptBytes)
            {
                await store.Write(c => Keep(c, claim, context.Response, body), CancellationToken.None);
                kept = true;
            }
        }
        finally
        {
            context.Response.Body = wire;
            if (!kept)
                await store.Write(c => c.IdempotencyRecords.Remove(Found(c, claim)), CancellationToken.None);
        }
        body.Position = 0;
        await body.CopyToAsync(wire, context.RequestAborted);
    }

    private static void Keep(LabContext rows, IdempotencyRecord claim, HttpResponse response, MemoryStream body)
    {
        var record = Found(rows, claim);
        record.Status = response.StatusCode;
        record.ContentType = response.ContentType;
        record.HeadersJson = JsonSerializer.Serialize(KeptHeaders.Where(response.Headers.ContainsKey).ToDictionary(h => h, h => response.Headers[h].ToString()));
        record.Response = body.ToArray();
    }

    private static IdempotencyRecord Found(LabContext rows, IdempotencyRecord claim) =>
        rows.IdempotencyRecords.Find(claim.UserId, claim.Route, claim.Key)!;

    private static async Task<string> HashBody(HttpRequest request, CancellationToken cancel)
    {
        request.EnableBuffering();
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(request.Body, cancel));
        request.Body.Position = 0;
        return hash;
    }
}
