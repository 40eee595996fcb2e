using Microsoft.AspNetCore.Antiforgery;

namespace WebLab.Api.Accounts;

/// <summary>Calls of the API that a cookie vouches for must carry the antiforgery token in a header; API keys need none, no browser adds them by itself.</summary>
public sealed class Csrf(RequestDelegate next, IAntiforgery antiforgery)
{
    public const string Header = "X-CSRF-Token";

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var changes = !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method));
        if (changes && request.Path.StartsWithSegments("/api") && context.User.Identity?.AuthenticationType == Access.CookieScheme
            && context.GetEndpoint() is not null)
        {
            if (!request.Headers.ContainsKey(Header))
                throw new AntiforgeryValidationException(Header + " is missing");
            await antiforgery.ValidateRequestAsync(context);
        }
        await next(context);
    }
}
