using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Http;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Accounts;

public sealed class AuditTests : IDisposable
{
    // Each with the reason that its endpoint gives. Whoever adds one here says why nobody will ever want to look it up.
    private static readonly string[] Exempt = ["validateRecipe", "attack", "appendToUpload", "previewRetention", "readNotice", "readAllNotices"];

    private readonly Server _server = LabServer.New();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public void Every_operation_that_changes_something_is_audited_or_says_why_not()
    {
        _server.CreateClient().Dispose();
        var unsafeOnes = _server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal))
            .Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Any(v => v is "POST" or "PUT" or "PATCH" or "DELETE")).ToList();
        Assert.NotEmpty(unsafeOnes);
        foreach (var endpoint in unsafeOnes)
        {
            var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName;
            Assert.False(string.IsNullOrEmpty(name), $"{endpoint.RoutePattern.RawText} has no name, so the trail could not name it");
            var reason = endpoint.Metadata.GetMetadata<NotAuditedAttribute>()?.Because;
            Assert.True(reason is null == !Exempt.Contains(name), $"{name}: {(reason is null ? "stands in the list of the exempt without saying why" : "is exempt but not in the list")}");
        }
    }

    [Fact]
    public async Task What_people_do_leaves_an_entry_with_their_name()
    {
        var client = await _server.Session();
        var me = (string)(await client.GetAsync("/api/v1/auth/session", Cancel).Json())["name"]!;
        var run = await LabServer.Queue(_server, new Script(Epochs: 1000, StepMs: 20));
        await LabServer.Until(_server, run.Id, RunStatus.Running);
        var other = (string)(await client.PostAsJsonAsync("/api/v1/users", new { name = "ada", password = Server.Password, role = "viewer" }, Cancel).Json(201))["id"]!;
        var key = (string)(await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "read" } }, Cancel).Json(201))["key"]!["id"]!;
        var hook = (string)(await client.PostAsJsonAsync("/api/v1/webhooks", new { name = "h", url = "https://example.org/h", events = new[] { "run.failed" } }, Cancel).Json(201))["webhook"]!["id"]!;

        (HttpMethod Verb, string Path, object? Body, string Action)[] deeds =
        [
            (HttpMethod.Post, "/api/v1/queue:pause", null, "setting.create"),
            (HttpMethod.Post, "/api/v1/queue:resume", null, "setting.change"),
            (HttpMethod.Patch, $"/api/v1/runs/{run.Id}", new { notes = "seen" }, "run.change"),
            (HttpMethod.Post, $"/api/v1/runs/{run.Id}:pause", null, "run.change"),
            (HttpMethod.Post, $"/api/v1/runs/{run.Id}:cancel", null, "run.change"),
            (HttpMethod.Patch, $"/api/v1/users/{other}", new { role = "researcher" }, "user.change"),
            (HttpMethod.Delete, $"/api/v1/users/{other}", null, "user.delete"),
            (HttpMethod.Delete, $"/api/v1/api-keys/{key}", null, "api-key.revoke"),
            (HttpMethod.Patch, $"/api/v1/webhooks/{hook}", new { enabled = false }, "webhook.change"),
            (HttpMethod.Post, $"/api/v1/webhooks/{hook}:rotate-secret", null, "webhook.change"),
            (HttpMethod.Delete, $"/api/v1/webhooks/{hook}", null, "webhook.delete"),
            (HttpMethod.Patch, "/api/v1/settings/retention", new { trashDays = 7 }, "setting.create"),
            (HttpMethod.Patch, "/api/v1/auth/preferences", new { tourDone = true }, "user.change"),
            (HttpMethod.Post, "/api/v1/auth/sessions:end-others", null, "end-other-sessions"),
        ];
        foreach (var (verb, path, body, action) in deeds)
        {
            using var request = new HttpRequestMessage(verb, path) { Content = body is null ? null : JsonContent.Create(body) };
            request.Headers.Add("If-Match", "*");
            using var answer = await client.SendAsync(request, Cancel);
            Assert.True(answer.IsSuccessStatusCode, $"{verb} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancel)}");
            var newest = (await client.GetAsync("/api/v1/audit?limit=1", Cancel).Json())["items"]![0]!;
            Assert.Equal((action, me), ((string)newest["action"]!, (string)newest["actor"]!));
        }
    }

    [Fact]
    public async Task Changes_are_told_field_by_field_and_secrets_never()
    {
        var client = await _server.Session();
        var run = await LabServer.Queue(_server, new Script(Epochs: 1));
        await LabServer.Until(_server, run.Id, RunStatus.Completed);
        using var patch = new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/runs/{run.Id}") { Content = JsonContent.Create(new { name = "better", priority = 3 }) };
        patch.Headers.Add("If-Match", "*");
        await client.SendAsync(patch, Cancel).Ok();
        var made = await client.PostAsJsonAsync("/api/v1/webhooks", new { name = "h", url = "https://example.org/h", events = new[] { "run.failed" } }, Cancel).Json(201);

        var entries = (await client.GetAsync("/api/v1/audit", Cancel).Json())["items"]!.AsArray();
        Assert.Equal("name: test -> better; priority: 0 -> 3", (string?)entries.First(e => (string?)e!["target"] == $"run:{run.Id}")!["detail"]);
        Assert.DoesNotContain((string)made["secret"]!, entries.ToJsonString());
    }

    [Fact]
    public async Task The_log_is_narrowed_paged_and_downloaded()
    {
        var client = await _server.Key();
        for (var i = 0; i < 3; i++) await client.PostAsJsonAsync("/api/v1/users", new { name = $"user{i}", password = Server.Password, role = "viewer" }, Cancel).Ok(201);
        await client.PostAsync("/api/v1/queue:pause", null, Cancel).Ok(204);

        var users = await client.GetAsync("/api/v1/audit?action=user&limit=2", Cancel).Json();
        Assert.Equal(["user2 as Viewer", "user1 as Viewer"], users["items"]!.AsArray().Select(e => (string?)e!["detail"]));
        var rest = await client.GetAsync($"/api/v1/audit?action=user&limit=2&cursor={(string?)users["nextCursor"]}", Cancel).Json();
        Assert.Equal(["user0 as Viewer"], rest["items"]!.AsArray().Select(e => (string?)e!["detail"]));
        Assert.Empty((await client.GetAsync("/api/v1/audit?actor=nobody", Cancel).Json())["items"]!.AsArray());
        Assert.Single((await client.GetAsync("/api/v1/audit?text=user1", Cancel).Json())["items"]!.AsArray());
        Assert.Empty((await client.GetAsync("/api/v1/audit?to=2001-01-01T00:00:00Z", Cancel).Json())["items"]!.AsArray());
        var csv = await client.GetStringAsync("/api/v1/audit?format=csv&action=user", Cancel);
        Assert.StartsWith("at,actor,address,action,target,detail\r\n", csv);
        Assert.Equal(4, csv.TrimEnd().Split('\n').Length);

        await client.GetAsync("/api/v1/audit?format=xml", Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/audit?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", Cancel).Refused(400, "validation");
        await (await _server.Key(UserRole.Researcher)).GetAsync("/api/v1/audit", Cancel).Refused(403, "forbidden");
    }
}
