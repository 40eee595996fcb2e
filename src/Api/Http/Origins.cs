using System.Net;
using Microsoft.Extensions.Options;

namespace WebLab.Api.Http;

/// <summary>
/// Two checks before anything else runs: the Host header must be one of ours (DNS rebinding), and a request that changes something
/// or opens a WebSocket must not come from another site (CSRF), whatever the verb and content type.
/// </summary>
public sealed class Origins(RequestDelegate next, IOptions<Settings> settings)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!IsAllowed(request.Host.Host))
            return Problems.Write(context, Refusal.Of(ProblemKinds.HostNotAllowed,
                [("Host", "is not a name of this server; add it to WebLab:AllowedHosts")]));
        if (Changes(request) && Foreign(request) is { } reason)
            return Problems.Write(context, new Refusal(ProblemKinds.CrossOrigin, reason));
        return next(context);
    }

    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    private bool IsAllowed(string host) => host.Length > 0 && (IsLoopback(host) || settings.Value.AllowedHosts.Any(allowed =>
        allowed.StartsWith("*.", StringComparison.Ordinal)
            ? host.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase)
            : host.Equals(allowed, StringComparison.OrdinalIgnoreCase)));

    private static bool Changes(HttpRequest request) =>
        !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        || request.Headers.Upgrade.Count > 0 || request.Headers.ContainsKey("Sec-WebSocket-Key")
        || HttpMethods.IsConnect(request.Method);

    // Browsers always send Origin with such requests; programs send neither header.
    private static string? Foreign(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site is "cross-site" or "same-site")
            return $"Sec-Fetch-Site is {site}; pages of other sites cannot call this server";
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
            return null;
        var same = Uri.TryCreate(origin, UriKind.Absolute, out var from)
            && from.Scheme is "http" or "https"
            && HostString.FromUriComponent(from).ToString() is var host
            && request.Host.Equals(new HostString(host)) | SameDefaultPort(request, from);
        return same ? null : "Origin is not this server; pages of other sites cannot call it";
    }

    // "https://lab.example" against the Host "lab.example:443".
    private static bool SameDefaultPort(HttpRequest request, Uri from) =>
        request.Host.Host.Equals(from.Host, StringComparison.OrdinalIgnoreCase)
        && (request.Host.Port ?? (from.Scheme == "https" ? 443 : 80)) == from.Port;
}
