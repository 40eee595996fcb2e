using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>The session cookie: HttpOnly, SameSite=Lax, over TLS also Secure and <c>__Host-</c>; it ends with the user's stamp.</summary>
public static class Sessions
{
    public const string CookieName = "weblab";

    public static async Task Begin(HttpContext context, User user)
    {
        var sessions = context.RequestServices.GetRequiredService<SessionList>();
        await Renew(context, user, await sessions.Begin(user, context.Address(), context.Request.Headers.UserAgent.ToString(), context.RequestAborted));
    }

    /// <summary>Writes the cookie of a session that is on the list.</summary>
    public static Task Renew(HttpContext context, User user, string sessionId)
    {
        var principal = Access.Principal(user, Access.ScopesOf(user.Role), Access.CookieScheme);
        ((ClaimsIdentity)principal.Identity!).AddClaim(new Claim(Access.SessionClaim, sessionId));
        return context.SignInAsync(Access.CookieScheme, principal, new AuthenticationProperties { IsPersistent = true });
    }

    /// <summary>Whether a principal of a cookie still stands for a user who may come in.</summary>
    public static async Task<bool> Lives(ClaimsPrincipal? principal, LabStore store, SessionList sessions, CancellationToken cancel)
    {
        var id = principal?.FindFirstValue(ClaimTypes.NameIdentifier);
        await using var rows = store.Read();
        var user = await rows.Users.FirstOrDefaultAsync(u => u.Id == id, cancel);
        return user is { DisabledAt: null } && user.SecurityStamp == principal!.FindFirstValue(Access.StampClaim)
            && await sessions.Lives(user, principal!.FindFirstValue(Access.SessionClaim), cancel);
    }

    public static void Configure(CookieAuthenticationOptions cookie)
    {
        cookie.Cookie.Name = CookieName;
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.CookieManager = new HostPrefixCookies();
        cookie.ExpireTimeSpan = TimeSpan.FromDays(14);
        cookie.SlidingExpiration = true;
        cookie.LoginPath = "/sign-in";
        cookie.ReturnUrlParameter = "returnUrl";
        cookie.Events.OnValidatePrincipal = Validate;
        cookie.Events.OnRedirectToLogin = context => Redirect(context, StatusCodes.Status401Unauthorized);
        cookie.Events.OnRedirectToAccessDenied = context => Refuse(context, StatusCodes.Status403Forbidden);
    }

    private static async Task Validate(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        if (await Lives(context.Principal, services.GetRequiredService<LabStore>(), services.GetRequiredService<SessionList>(), context.HttpContext.RequestAborted))
            return;
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(Access.CookieScheme);
    }

    // A page sends the browser to sign in; the API answers with a status.
    private static Task Redirect(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        var request = context.Request;
        var page = HttpMethods.IsGet(request.Method) && !Problems.Speaks(request.Path) && !request.Headers.ContainsKey("Sec-WebSocket-Key");
        if (!page)
            return Refuse(context, status);
        context.Response.Redirect(context.RedirectUri);
        return Task.CompletedTask;
    }

    private static Task Refuse(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    // __Host- needs Secure, which plain http on loopback cannot have.
    private sealed class HostPrefixCookies : ICookieManager
    {
        private readonly ChunkingCookieManager _cookies = new();

        public string? GetRequestCookie(HttpContext context, string key) => _cookies.GetRequestCookie(context, Name(context, key));

        public void AppendResponseCookie(HttpContext context, string key, string? value, CookieOptions options)
        {
            options.Path = "/";
            _cookies.AppendResponseCookie(context, Name(context, key), value, options);
        }

        public void DeleteCookie(HttpContext context, string key, CookieOptions options)
        {
            options.Path = "/";
            _cookies.DeleteCookie(context, Name(context, key), options);
        }

        private static string Name(HttpContext context, string key) => context.Request.IsHttps ? "__Host-" + key : key;
    }
}
