namespace WebLab.Api.Http;

/// <summary>Headers that every response carries.</summary>
public sealed class SecurityHeaders(RequestDelegate next)
{
    /// <summary>For pages: everything from this server, no inline script, no eval. Component libraries set style attributes, hence style-src-attr.</summary>
    public const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; " +
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'self'";

    /// <summary>For data: nothing may load, and a file opened in a tab runs nothing.</summary>
    public const string DataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(Add, context);
        return next(context);
    }

    private static Task Add(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Problems.Speaks(context.Request.Path) ? DataPolicy : PagePolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(self), clipboard-read=(self), geolocation=(), microphone=()";
        return Task.CompletedTask;
    }
}
