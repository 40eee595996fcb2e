using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using Xunit;

namespace WebLab.Api.Tests.Accounts;

public sealed class SavedViewTests(Server server) : IClassFixture<Server>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_view_is_kept_changed_and_forgotten_by_its_owner_alone()
    {
        var (mine, other) = (await server.Key(), await server.Key());
        var made = await mine.PostAsJsonAsync("/api/v1/views", new { name = "robust first", query = "?sort=-robust" }, Cancel).Json(201);
        Assert.Equal("sort=-robust", (string?)made["query"]);
        Assert.Single(await Views(mine));
        Assert.Empty(await Views(other));
        var url = $"/api/v1/views/{made["id"]}";
        await Send(other, HttpMethod.Delete, url, "*").Refused(404, "not-found");
        await Send(mine, HttpMethod.Patch, url, null, new { name = "best first" }).Refused(428, "precondition-required");
        var changed = await Send(mine, HttpMethod.Patch, url, "\"1\"", new { query = "sort=-best" }).Json();
        Assert.Equal(("robust first", "sort=-best", 2), ((string?)changed["name"], (string?)changed["query"], (int)changed["version"]!));
        await Send(mine, HttpMethod.Patch, url, "\"1\"", new { name = "late" }).Refused(412, "precondition-failed");
        await Send(mine, HttpMethod.Delete, url, "\"2\"").Ok(204);
        Assert.Empty(await Views(mine));
    }

    [Fact]
    public async Task Names_are_there_once_and_what_is_wrong_is_named()
    {
        var client = await server.Key();
        await client.PostAsJsonAsync("/api/v1/views", new { name = "one", query = "" }, Cancel).Ok(201);
        await client.PostAsJsonAsync("/api/v1/views", new { name = "ONE", query = "q=x" }, Cancel).Refused(409, "conflict");
        var problem = await client.PostAsJsonAsync("/api/v1/views", new { name = "", query = "a#b", page = "moon" }, Cancel).Refused(400, "validation");
        Assert.Equal(["name", "page", "query"], problem["errors"]!.AsObject().Select(e => e.Key).Order());
        await (await server.Key(UserRole.Viewer)).PostAsJsonAsync("/api/v1/views", new { name = "one", query = "" }, Cancel).Refused(403, "forbidden");
    }

    private static async Task<JsonArray> Views(HttpClient client) => JsonNode.Parse(await client.GetStringAsync("/api/v1/views", Cancel))!.AsArray();

    private static Task<HttpResponseMessage> Send(HttpClient client, HttpMethod verb, string url, string? version, object? body = null)
    {
        var request = new HttpRequestMessage(verb, url) { Content = body is null ? null : JsonContent.Create(body) };
        if (version is not null) request.Headers.TryAddWithoutValidation("If-Match", version);
        return client.SendAsync(request, Cancel);
    }
}
