using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace WebLab.Api.Http;

/// <summary>How much one caller may ask of the server.</summary>
public static class Limits
{
    /// <summary>Name of the policy of interactive attacks.</summary>
    public const string Lab = "lab";

    /// <summary>Largest body unless an operation says otherwise, in bytes.</summary>
    public const long BodyBytes = 1 << 20;

    public static void AddLimits(this IServiceCollection services)
    {
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<IOptions<Settings>>((limiter, settings) => Configure(limiter, settings.Value));
        services.AddRequestTimeouts();
        services.AddOptions<RequestTimeoutOptions>().Configure<IOptions<Settings>>((timeouts, settings) => timeouts.DefaultPolicy = new()
        {
            Timeout = TimeSpan.FromSeconds(settings.Value.RequestSeconds),
            TimeoutStatusCode = ProblemKinds.Timeout.Status,
            WriteTimeoutResponse = context => Problems.Write(context, ProblemKinds.Timeout, $"gave up after {settings.Value.RequestSeconds} s"),
        });
    }

    private static void Configure(RateLimiterOptions limiter, Settings settings)
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
        {
            if (!context.Request.Path.StartsWithSegments("/api"))
                return RateLimitPartition.GetNoLimiter("");
            return HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)
                ? Bucket("read " + Caller(context), settings.ReadsPerSecond)
                : Bucket("write " + Caller(context), settings.WritesPerSecond);
        });
        limiter.AddPolicy(Lab, context => RateLimitPartition.GetSlidingWindowLimiter("lab " + Caller(context), _ => new()
        {
            PermitLimit = settings.LabAttacksPerMinute,
            Window = TimeSpan.FromMinutes(1),
            SegmentsPerWindow = 6,
        }));
        limiter.OnRejected = (rejected, _) =>
        {
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
            return new ValueTask(Problems.Write(rejected.HttpContext,
                new Refusal(ProblemKinds.RateLimited, "slow down; Retry-After says when to come back") { RetryAfter = wait }));
        };
    }

    // A burst of three seconds' worth is let through.
    private static RateLimitPartition<string> Bucket(string key, int perSecond) => RateLimitPartition.GetTokenBucketLimiter(key, _ => new()
    {
        TokenLimit = 3 * perSecond,
        TokensPerPeriod = perSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        AutoReplenishment = true,
    });

    private static string Caller(HttpContext context) =>
        context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? context.Connection.RemoteIpAddress?.ToString() ?? "unknown";
}
