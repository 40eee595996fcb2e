using System.Net;
using System.Net.Http.Json;
using WebLab.Api.Tests.Http;
using Xunit;

namespace WebLab.Api.Tests.Accounts;

public sealed class SetupTests : IDisposable
{
    private readonly Server _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task The_link_makes_one_administrator_and_works_once()
    {
        var client = _server.Anonymous();
        await Call(client, "wrong", "admin").Refused(403, "forbidden");
        await Call(client, _server.Token, "admin").Ok(201);
        await client.GetAsync("/api/v1/users").Ok();
        await Call(_server.Anonymous(), _server.Token, "second").Refused(409, "conflict");
    }

    [Fact]
    public async Task Of_twenty_who_race_exactly_one_becomes_administrator()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Call(_server.Anonymous(), _server.Token, $"racer{i}")));
        Assert.Equal(1, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.Equal(19, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
    }

    [Theory]
    [InlineData("admin", "short", "password")]
    [InlineData("admin", "aaaaaaaaaaaaaaaa", "password")]
    [InlineData("administrator", "administrator1", "password")]
    [InlineData("../admin", Server.Password, "name")]
    [InlineData("", Server.Password, "name")]
    public async Task A_weak_password_or_odd_name_leaves_the_link_usable(string name, string password, string field)
    {
        var client = _server.Anonymous();
        var problem = await client.PostAsJsonAsync("/api/v1/auth/setup", new { token = _server.Token, name, password }).Refused(400, "validation");
        Assert.NotNull(problem["errors"]![field]);
        await Call(client, _server.Token, "admin").Ok(201);
    }

    [Fact]
    public async Task Secrets_reach_neither_log_nor_database()
    {
        var client = _server.Anonymous();
        await Call(client, _server.Token, "admin").Ok(201);
        var session = await client.GetAsync("/api/v1/auth/session").Json();
        client.DefaultRequestHeaders.Add("X-CSRF-Token", (string?)session["csrfToken"]);
        var key = (string)(await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "read" } }).Json(201))["secret"]!;
        string[] secrets = [_server.Token, Server.Password, key];
        foreach (var line in _server.Logged)
            Assert.All(secrets, s => Assert.DoesNotContain(s, line));
        var kept = Directory.GetFiles(_server.DataFolder, "weblab.db*").Select(ReadShared).Aggregate("", string.Concat);
        Assert.All(secrets, s => Assert.DoesNotContain(s, kept));
        Assert.Contains("pbkdf2-sha512$210000$", kept);
    }

    [Fact]
    public async Task Keys_of_the_cookies_are_for_the_owner_alone()
    {
        await Call(_server.Anonymous(), _server.Token, "admin").Ok(201);
        var file = Assert.Single(Directory.GetFiles(Path.Combine(_server.DataFolder, "keys")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    private static Task<HttpResponseMessage> Call(HttpClient client, string token, string name) =>
        client.PostAsJsonAsync("/api/v1/auth/setup", new { token, name, password = Server.Password });

    private static string ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
