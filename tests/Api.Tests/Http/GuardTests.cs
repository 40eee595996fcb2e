using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Accounts;
using WebLab.Api.Http;
using WebLab.Api.Store.Entities;
using Xunit;

namespace WebLab.Api.Tests.Http;

public sealed class GuardTests(Server server) : IClassFixture<Server>
{
    private static readonly string[] Verbs = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string[] Public = ["GET /health/live", "GET /health/ready", "POST /api/v1/auth/setup", "POST /api/v1/auth/sign-in",
        "GET /api/v1/shares/1", "GET /api/v1/shares/1/files/1"];

    /// <summary>Every route with every verb, as a caller without credentials.</summary>
    [Fact]
    public async Task Without_credentials_only_the_public_operations_answer()
    {
        var client = server.Anonymous();
        foreach (var route in Routes().Distinct())
            foreach (var verb in Verbs)
            {
                using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(verb), route));
                if (Public.Contains($"{verb} {route}"))
                    Assert.False(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, $"{verb} {route} is public, got {answer.StatusCode}");
                else
                    Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Redirect,
                        $"{verb} {route} needs credentials, got {(int)answer.StatusCode}");
            }
    }

    [Fact]
    public void Every_unsafe_operation_of_the_api_needs_more_than_read()
    {
        string[] own = ["signOut", "changePassword", "changeProfile", "changePreferences", "endSession", "endOtherSessions", "readNotice", "readAllNotices"];
        foreach (var endpoint in Endpoints().Where(e => e.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal)))
        {
            var verbs = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods;
            var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName;
            if (verbs.Contains("GET") || own.Contains(name) || endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAllowAnonymous>() is not null)
                continue;
            var policies = endpoint.Metadata.GetOrderedMetadata<Microsoft.AspNetCore.Authorization.IAuthorizeData>().Select(a => a.Policy);
            Assert.True(policies.Any(p => p is Access.Write or Access.Admin), $"{name} needs neither write nor admin");
        }
    }

    [Theory]
    [InlineData(UserRole.Viewer, 403, 403)]
    [InlineData(UserRole.Researcher, 403, 201)]
    [InlineData(UserRole.Admin, 200, 201)]
    public async Task A_role_may_do_what_it_says(UserRole role, int users, int apiKey)
    {
        var client = await server.Session(role);
        await client.GetAsync("/api/v1/users").Ok(users);
        await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "read" } }).Ok(apiKey);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task A_page_of_another_site_is_refused_whatever_the_verb(string verb)
    {
        var client = await server.Session();
        foreach (var origin in (string[])["https://evil.example", "http://localhost:81", "null", "http://localhost.evil.example"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(verb), "/api/v1/api-keys") { Content = JsonContent.Create(new { name = "k", scopes = Array.Empty<string>() }) };
            request.Headers.Add("Origin", origin);
            await client.SendAsync(request).Refused(403, "cross-origin");
        }
        using var site = new HttpRequestMessage(new HttpMethod(verb), "/api/v1/api-keys");
        site.Headers.Add("Sec-Fetch-Site", "cross-site");
        await client.SendAsync(site).Refused(403, "cross-origin");
    }

    [Fact]
    public async Task A_websocket_handshake_of_another_site_is_refused()
    {
        var client = await server.Session();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/hubs/lab");
        request.Headers.Add("Origin", "https://evil.example");
        request.Headers.Add("Connection", "Upgrade");
        request.Headers.Add("Upgrade", "websocket");
        request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        await client.SendAsync(request).Refused(403, "cross-origin");
    }

    [Fact]
    public async Task A_session_without_the_antiforgery_token_changes_nothing()
    {
        var client = await server.Session();
        client.DefaultRequestHeaders.Remove(Csrf.Header);
        await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "read" } }).Refused(403, "antiforgery");
        client.DefaultRequestHeaders.Add(Csrf.Header, "forged");
        await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "read" } }).Refused(403, "antiforgery");
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("169.254.169.254")]
    public async Task A_host_that_is_not_ours_is_refused(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Host = host;
        await server.Anonymous().SendAsync(request).Refused(400, "host-not-allowed");
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/api/v1/system")]
    [InlineData("/nothing")]
    public async Task Every_answer_carries_the_security_headers(string path)
    {
        using var answer = await server.Anonymous().GetAsync(path);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy);
        Assert.DoesNotContain("unsafe-eval", policy);
        Assert.DoesNotContain("script-src 'self' 'unsafe-inline'", policy);
        Assert.Contains("frame-ancestors", policy);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("camera=(self)", answer.Headers.GetValues("Permissions-Policy").Single()); // the lab takes pictures
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
    }

    [Fact]
    public async Task Fifty_calls_with_one_key_create_once()
    {
        var client = await server.Key();
        client.DefaultRequestHeaders.Add(Idempotency.Header, "fifty");
        var body = new { name = "once", password = Server.Password, role = "viewer" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.PostAsJsonAsync("/api/v1/users", body)));
        var created = answers.Where(a => a.StatusCode == HttpStatusCode.Created).ToList();
        Assert.Single(created, a => !a.Headers.Contains(Idempotency.ReplayedHeader));
        Assert.All(answers, a => Assert.True(a.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict));

        var replay = await client.PostAsJsonAsync("/api/v1/users", body).Ok(201);
        Assert.Equal("true", replay.Headers.GetValues(Idempotency.ReplayedHeader).Single());
        Assert.NotNull(replay.Headers.Location);
        Assert.Equal("once", (string?)(await replay.Content.ReadFromJsonAsync<JsonObject>())!["name"]);
        await client.PostAsJsonAsync("/api/v1/users", body with { name = "other" }).Refused(422, "idempotency-mismatch");

        server.Time.Add(TimeSpan.FromHours(25));
        await client.PostAsJsonAsync("/api/v1/users", body with { name = "next-day" }).Ok(201);
    }

    [Fact]
    public async Task A_refused_call_leaves_its_key_free()
    {
        var client = await server.Key();
        client.DefaultRequestHeaders.Add(Idempotency.Header, "corrected");
        await client.PostAsJsonAsync("/api/v1/users", new { name = "x y", password = Server.Password, role = "viewer" }).Refused(400, "validation");
        await client.PostAsJsonAsync("/api/v1/users", new { name = "xy", password = Server.Password, role = "viewer" }).Ok(201);
    }

    [Fact]
    public async Task Too_many_calls_are_429_with_a_time_to_come_back()
    {
        using var slow = new Server().With("WebLab:ReadsPerSecond", "2");
        var client = await slow.Key();
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => client.GetAsync("/api/v1/system")));
        var refused = answers.First(a => a.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.NotNull(refused.Headers.RetryAfter);
        await Task.FromResult(refused).Refused(429, "rate-limited");
    }

    [Fact]
    public async Task Readiness_shows_its_checks_to_administrators_alone()
    {
        Assert.Null((await server.Anonymous().GetAsync("/health/ready").Json())["checks"]);
        var admin = await server.Key();
        var checks = (await admin.GetAsync("/health/ready").Json())["checks"]!.AsObject();
        Assert.All(checks, c => Assert.Equal("ok", (string?)c.Value));
    }

    private IEnumerable<RouteEndpoint> Endpoints()
    {
        server.CreateClient().Dispose();
        return server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
    }

    // Parameters are filled in; a catch-all is tried with a name.
    private IEnumerable<string> Routes() => Endpoints().Select(e => "/" + string.Join('/', e.RoutePattern.PathSegments.Select(s =>
        string.Concat(s.Parts.Select(p => p switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart l => l.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternSeparatorPart s => s.Content,
            _ => "1",
        }))))).Append("/swagger/index.html").Append("/swagger/swagger-ui-bundle.js");
}
