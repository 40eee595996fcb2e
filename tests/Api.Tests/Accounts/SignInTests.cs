using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Accounts;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using Xunit;

namespace WebLab.Api.Tests.Accounts;

public sealed class SignInTests : IDisposable
{
    private readonly Server _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Name_and_password_give_a_session_that_sign_out_ends()
    {
        var client = await _server.Session(UserRole.Researcher);
        var session = await client.GetAsync("/api/v1/auth/session").Json();
        Assert.Equal("researcher", (string?)session["role"]);
        Assert.Equal(["read", "write"], session["scopes"]!.AsArray().Select(s => (string?)s));
        await client.PostAsync("/api/v1/auth/sign-out", null).Ok(204);
        await client.GetAsync("/api/v1/auth/session").Refused(401, "unauthenticated");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ten_wrong_passwords_lock_a_name_whether_it_exists_or_not(bool exists)
    {
        var name = exists ? (await _server.NewUser(UserRole.Viewer)).Name : "nobody";
        var client = _server.Anonymous();
        for (var i = 0; i < SignIns.MaxFailures; i++)
            await SignIn(client, name, "wrong password").Refused(401, "sign-in-failed");
        await SignIn(client, name, Server.Password).Refused(429, "locked-out");
        _server.Time.Add(SignIns.Lock + TimeSpan.FromSeconds(1));
        if (exists)
            await SignIn(client, name, Server.Password).Ok(204);
        else
            await SignIn(client, name, Server.Password).Refused(401, "sign-in-failed");
    }

    [Fact]
    public async Task Guessing_is_slowed_to_five_a_minute_for_an_address_and_name()
    {
        using var server = new Server().With("WebLab:SignInsPerMinute", "5");
        var client = server.Anonymous();
        for (var i = 0; i < 5; i++)
            await SignIn(client, "nobody", "wrong password").Refused(401, "sign-in-failed");
        var answer = await SignIn(client, "nobody", "wrong password");
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        await Task.FromResult(answer).Refused(429, "rate-limited");
        server.Time.Add(TimeSpan.FromMinutes(1));
        await SignIn(client, "nobody", "wrong password").Refused(401, "sign-in-failed");
    }

    [Fact]
    public async Task A_changed_role_or_password_ends_sessions()
    {
        var admin = await _server.Session();
        var user = await _server.NewUser(UserRole.Viewer);
        var client = _server.Anonymous();
        await SignIn(client, user.Name, Server.Password).Ok(204);
        using var patch = new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/users/{user.Id}") { Content = JsonContent.Create(new { role = "researcher" }) };
        patch.Headers.Add("If-Match", "*");
        Assert.Equal("researcher", (string?)(await admin.SendAsync(patch).Json())["role"]);
        await client.GetAsync("/api/v1/auth/session").Refused(401, "unauthenticated");
    }

    [Fact]
    public async Task A_write_needs_the_version_that_was_read()
    {
        var admin = await _server.Key();
        var user = await _server.NewUser(UserRole.Viewer);
        var address = $"/api/v1/users/{user.Id}";
        using var read = await admin.GetAsync(address).Ok();
        var tag = read.Headers.ETag!.Tag;
        using var again = new HttpRequestMessage(HttpMethod.Get, address);
        again.Headers.Add("If-None-Match", tag);
        await admin.SendAsync(again).Ok(304);

        await admin.SendAsync(Patch(address, null)).Refused(428, "precondition-required");
        await admin.SendAsync(Patch(address, tag)).Ok();
        await admin.SendAsync(Patch(address, tag)).Refused(412, "precondition-failed");
        await admin.SendAsync(Patch(address, "*")).Ok();
    }

    [Fact]
    public async Task The_last_administrator_stays()
    {
        var client = await _server.Session();
        var id = (string)(await client.GetAsync("/api/v1/auth/session").Json())["userId"]!;
        using var delete = new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/users/{id}");
        delete.Headers.Add("If-Match", "*");
        await client.SendAsync(delete).Refused(409, "conflict");
    }

    [Fact]
    public async Task A_key_never_has_more_than_its_maker_and_ends_when_revoked()
    {
        var researcher = await _server.Session(UserRole.Researcher);
        await researcher.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "admin" } }).Refused(400, "validation");
        var made = await researcher.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "read" }, expiresAt = _server.Time.GetUtcNow().AddHours(1) }).Json(201);
        var client = _server.Anonymous();
        client.DefaultRequestHeaders.Authorization = new("Bearer", (string?)made["secret"]);
        await client.GetAsync("/api/v1/system").Ok();
        await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "l", scopes = new[] { "read" } }).Refused(403, "forbidden");
        Assert.DoesNotContain((string)made["secret"]!, await researcher.GetStringAsync("/api/v1/api-keys"));

        _server.Time.Add(TimeSpan.FromHours(2));
        await client.GetAsync("/api/v1/system").Refused(401, "unauthenticated");
        _server.Time.Add(TimeSpan.FromHours(-2));
        await client.GetAsync("/api/v1/system").Ok();
        await researcher.DeleteAsync($"/api/v1/api-keys/{(string?)made["key"]!["id"]}").Ok(204);
        await client.GetAsync("/api/v1/system").Refused(401, "unauthenticated");
    }

    [Fact]
    public async Task What_is_done_is_written_down()
    {
        var admin = await _server.Session();
        await admin.PostAsJsonAsync("/api/v1/users", new { name = "ada", password = Server.Password, role = "viewer" }).Json(201);
        var audit = await admin.GetAsync("/api/v1/audit").Json();
        var newest = audit["items"]![0]!.AsObject();
        Assert.Equal("user.create", (string?)newest["action"]);
        Assert.Equal("ada as Viewer", (string?)newest["detail"]);
    }

    private static Task<HttpResponseMessage> SignIn(HttpClient client, string name, string password) =>
        client.PostAsJsonAsync("/api/v1/auth/sign-in", new { name, password });

    private static HttpRequestMessage Patch(string address, string? tag)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, address) { Content = JsonContent.Create(new JsonObject { ["disabled"] = false }) };
        if (tag is not null)
            request.Headers.Add("If-Match", tag);
        return request;
    }
}
