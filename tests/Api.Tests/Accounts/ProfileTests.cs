using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Accounts;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using Xunit;

namespace WebLab.Api.Tests.Accounts;

public sealed class ProfileTests : IDisposable
{
    private readonly Server _server = new();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Other_browsers_are_listed_and_signed_out()
    {
        var (first, second) = await Twice();
        var sessions = await List(first);
        Assert.Equal(2, sessions.Count);
        Assert.Single(sessions, s => (bool)s!["current"]!);

        var other = (string)sessions.Single(s => !(bool)s!["current"]!)!["id"]!;
        await first.DeleteAsync($"/api/v1/auth/sessions/{other}", Cancel).Ok(204);
        await second.GetAsync("/api/v1/auth/session", Cancel).Refused(401, "unauthenticated");
        await first.GetAsync("/api/v1/auth/session", Cancel).Ok();
        await first.DeleteAsync("/api/v1/auth/sessions/none", Cancel).Refused(404, "not-found");
    }

    [Fact]
    public async Task All_others_end_at_once_and_a_new_password_ends_them_too()
    {
        var (first, second) = await Twice();
        await first.PostAsync("/api/v1/auth/sessions:end-others", null, Cancel).Ok(204);
        await second.GetAsync("/api/v1/auth/session", Cancel).Refused(401, "unauthenticated");

        var (third, fourth) = await Twice();
        await third.PostAsJsonAsync("/api/v1/auth/password", new { current = Server.Password, password = "another horse battery" }, Cancel).Ok(204);
        await fourth.GetAsync("/api/v1/auth/session", Cancel).Refused(401, "unauthenticated");
        Assert.Single(await List(third));
    }

    [Fact]
    public async Task A_viewer_takes_another_name_unless_it_is_taken()
    {
        var taken = await _server.NewUser(UserRole.Viewer);
        var client = await _server.Session(UserRole.Viewer);
        await client.PatchAsJsonAsync("/api/v1/auth/profile", new { name = "grace" }, Cancel).Ok(204);
        Assert.Equal("grace", (string?)(await client.GetAsync("/api/v1/auth/session", Cancel).Json())["name"]);
        await client.PatchAsJsonAsync("/api/v1/auth/profile", new { name = taken.Name.ToUpperInvariant() }, Cancel).Refused(409, "conflict");
        await client.PatchAsJsonAsync("/api/v1/auth/profile", new { name = "no spaces" }, Cancel).Refused(400, "validation");
    }

    [Fact]
    public async Task Preferences_are_kept_and_wrong_ones_named()
    {
        var client = await _server.Session(UserRole.Viewer);
        var before = await client.GetAsync("/api/v1/auth/preferences", Cancel).Json();
        Assert.Equal((false, 5), ((bool)before["tourDone"]!, before["notices"]!.AsArray().Count));
        var threshold = new { metric = "probe.pgd10", comparison = ">=", value = 0.5 };
        await client.PatchAsJsonAsync("/api/v1/auth/preferences", new { tourDone = true, notices = new[] { "failed" }, thresholds = new[] { threshold } }, Cancel).Ok();
        var after = await client.GetAsync("/api/v1/auth/preferences", Cancel).Json();
        Assert.True((bool)after["tourDone"]!);
        Assert.Equal(("failed", ">="), ((string)after["notices"]![0]!, (string)after["thresholds"]![0]!["comparison"]!));

        var problem = await client.PatchAsJsonAsync("/api/v1/auth/preferences", new { thresholds = new[] { threshold with { metric = "a b" } } }, Cancel).Refused(400, "validation");
        Assert.NotNull(problem["errors"]!["thresholds[0].metric"]);
        await client.PatchAsJsonAsync("/api/v1/auth/preferences", new { colour = "red" }, Cancel).Refused(400, "validation");
    }

    [Fact]
    public void Preferences_that_cannot_be_read_hold_as_by_default()
    {
        Assert.Equal(Preferences.Default.Notices, Preferences.Read("{}").Notices);
        Assert.Equal(Preferences.Default.Notices, Preferences.Read("not json").Notices);
        Assert.Equal([NoticeKind.Failed], Preferences.Read(Preferences.Default.With(new PreferencesPatch(Notices: [NoticeKind.Failed])).Write()).Notices);
    }

    private async Task<(HttpClient, HttpClient)> Twice()
    {
        var user = await _server.NewUser(UserRole.Viewer);
        var clients = new List<HttpClient>();
        for (var i = 0; i < 2; i++)
        {
            var client = _server.Anonymous();
            await client.PostAsJsonAsync("/api/v1/auth/sign-in", new { name = user.Name, password = Server.Password }, Cancel).Ok(204);
            client.DefaultRequestHeaders.Add(Csrf.Header, (string?)(await client.GetAsync("/api/v1/auth/session", Cancel).Json())["csrfToken"]);
            clients.Add(client);
        }
        return (clients[0], clients[1]);
    }

    private static async Task<JsonArray> List(HttpClient client) => JsonNode.Parse(await client.GetStringAsync("/api/v1/auth/sessions", Cancel))!.AsArray();
}
