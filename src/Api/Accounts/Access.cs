using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>
/// Who may do what. Three scopes: <c>read</c>, <c>write</c>, <c>admin</c>; a role stands for a set of them and an API key for a subset of
/// its owner's. Whatever names no policy needs a signed-in caller with <c>read</c>; unsafe verbs of the API need <c>write</c>.
/// </summary>
public static class Access
{
    public const string Read = "read", Write = "write", Admin = "admin";
    public const string CookieScheme = CookieAuthenticationDefaults.AuthenticationScheme, KeyScheme = "ApiKey";
    public const string ScopeClaim = "scope", StampClaim = "stamp", KeyClaim = "key", SessionClaim = "session";
    public static readonly string[] Scopes = [Read, Write, Admin];

    /// <summary>What a scope allows, for people.</summary>
    public static string Says(string scope) => scope switch
    {
        Read => "see everything but accounts and settings",
        Write => "train, evaluate, attack, upload, name, delete",
        _ => "users, webhooks, retention, audit trail",
    };

    public static IReadOnlyList<string> ScopesOf(UserRole role) => role switch
    {
        UserRole.Admin => [Read, Write, Admin],
        UserRole.Researcher => [Read, Write],
        _ => [Read],
    };

    /// <summary>The principal of a session or key.</summary>
    public static ClaimsPrincipal Principal(User user, IEnumerable<string> scopes, string scheme, string? keyId = null)
    {
        var claims = new List<Claim>
        {
            new(ClaimTypes.NameIdentifier, user.Id),
            new(ClaimTypes.Name, user.Name),
            new(ClaimTypes.Role, user.Role.ToString().ToLowerInvariant()),
            new(StampClaim, user.SecurityStamp),
        };
        claims.AddRange(scopes.Select(s => new Claim(ScopeClaim, s)));
        if (keyId is not null)
            claims.Add(new Claim(KeyClaim, keyId));
        return new ClaimsPrincipal(new ClaimsIdentity(claims, scheme));
    }

    public static void AddAccess(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("WebLab");
        services.AddOptions<KeyManagementOptions>().Configure<DataDirectory, ILoggerFactory>((keys, data, logs) =>
            keys.XmlRepository = new FileSystemXmlRepository(new DirectoryInfo(data.Keys), logs));
        services.AddAuthentication("Any")
            .AddPolicyScheme("Any", null, o => o.ForwardDefaultSelector = context =>
                context.Request.Headers.Authorization.Count > 0 ? KeyScheme : CookieScheme)
            .AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyScheme, null)
            .AddCookie(CookieScheme, Sessions.Configure);
        services.AddAuthorizationBuilder()
            .AddPolicy(Read, p => p.RequireClaim(ScopeClaim, Read))
            .AddPolicy(Write, p => p.RequireClaim(ScopeClaim, Write))
            .AddPolicy(Admin, p => p.RequireClaim(ScopeClaim, Admin))
            .SetDefaultPolicy(Needs(Read))
            .SetFallbackPolicy(Needs(Read));
        services.AddAntiforgery(o =>
        {
            o.HeaderName = Csrf.Header;
            o.Cookie.Name = "weblab-csrf";
            o.Cookie.SameSite = SameSiteMode.Strict;
            o.Cookie.HttpOnly = true;
            o.SuppressXFrameOptionsHeader = true; // frame-ancestors says it
        });
        services.AddSingleton<Passwords>();
        services.AddSingleton<SetupToken>();
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<Audit>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<SessionList>();
        services.AddSingleton<Profiles>();
        services.AddSingleton<SignIns>();
        services.AddSingleton<Users>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<SavedViews>();
        services.AddHostedService<StartLink>();
    }

    /// <summary>Unsafe verbs below the group need <c>write</c> unless they name a policy or are public.</summary>
    public static void DenyWritesByDefault(this RouteGroupBuilder group) => ((IEndpointConventionBuilder)group).Finally(endpoint =>
    {
        var unsafeVerb = endpoint.Metadata.OfType<HttpMethodMetadata>().Any(m => m.HttpMethods.Any(v => !HttpMethods.IsGet(v) && !HttpMethods.IsHead(v)));
        var named = endpoint.Metadata.Any(m => m is IAuthorizeData { Policy: not null } or IAllowAnonymous);
        if (unsafeVerb && !named)
            endpoint.Metadata.Add(new AuthorizeAttribute(Write));
    });

    private static AuthorizationPolicy Needs(string scope) =>
        new AuthorizationPolicyBuilder().RequireAuthenticatedUser().RequireClaim(ScopeClaim, scope).Build();
}
