using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using WebLab.Api.Http;
using Xunit;

namespace WebLab.Api.Tests.Http;

public sealed class ProblemTests(Server server) : IClassFixture<Server>
{
    [Theory]
    [InlineData("""{"name":"k","scopes":["read"],"expiry":null}""", "expiry", "is not a known field")]
    [InlineData("""{"scopes":["read"]}""", "name", "is required")]
    [InlineData("""{"name":"k","scopes":["read","own"]}""", "scopes[1]", "'own' is unknown; wanted read, write or admin")]
    [InlineData("""{"name":"","scopes":[]}""", "name", "wanted 1 to 80 characters, got 0")]
    [InlineData("""{"name":7,"scopes":[]}""", "name", "has the wrong type or value")]
    [InlineData("""{"name":"k","name":"l","scopes":[]}""", "name", "is given twice")]
    [InlineData("""{"name":null,"scopes":[]}""", "name", "must not be null")]
    public async Task A_wrong_body_is_400_and_names_the_field(string body, string path, string message)
    {
        var client = await server.Key();
        var problem = await client.PostAsync("/api/v1/api-keys", Text(body)).Refused(400, "validation");
        Assert.Equal(message, (string?)problem["errors"]![path]![0]);
        Assert.False((bool)problem["retryable"]!);
    }

    [Theory]
    [InlineData("""{"name":"k",""")]
    [InlineData("""{"name":"k" "scopes":[]}""")]
    [InlineData("")]
    public async Task A_body_that_is_no_json_says_where(string body)
    {
        var client = await server.Key();
        var problem = await client.PostAsync("/api/v1/api-keys", Text(body)).Refused(400, body.Length == 0 ? "validation" : "malformed-json");
        Assert.NotEmpty(problem["errors"]!.AsObject());
    }

    [Fact]
    public async Task Another_content_type_is_415()
    {
        var client = await server.Key();
        await client.PostAsync("/api/v1/api-keys", new StringContent("name=k", Encoding.UTF8, "application/x-www-form-urlencoded")).Refused(415, "unsupported-media-type");
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("cursor=%2e%2e", "cursor")]
    [InlineData("all=maybe", "all")]
    public async Task A_wrong_query_parameter_is_named(string query, string name)
    {
        var client = await server.Key();
        var problem = await client.GetAsync("/api/v1/api-keys?" + query).Refused(400, "validation");
        Assert.NotNull(problem["errors"]![name]);
    }

    [Fact]
    public async Task What_is_not_there_is_404_and_a_wrong_verb_405()
    {
        var client = await server.Key();
        await client.GetAsync("/api/v1/nothing").Refused(404, "not-found");
        await client.GetAsync("/api/v1/users/nobody").Refused(404, "not-found");
        await client.PatchAsync("/api/v1/system", Text("{}")).Refused(405, "method-not-allowed");
    }

    [Fact]
    public void Kinds_have_unique_names_and_the_document_lists_them()
    {
        Assert.Equal(ProblemKinds.All.Count, ProblemKinds.All.Select(k => k.Name).Distinct().Count());
        var fields = typeof(ProblemKinds).GetFields().Where(f => f.FieldType == typeof(ProblemKind)).Select(f => f.GetValue(null));
        Assert.Equal(fields.ToHashSet(), ProblemKinds.All.ToHashSet<object?>());
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "problems.md"));
        foreach (var kind in ProblemKinds.All)
            Assert.Contains($"| `{kind.Name}` | {kind.Status} | {kind.Title} |", page);
    }

    [Fact]
    public async Task A_list_is_walked_by_cursor_without_gap_or_double()
    {
        var client = await server.Key();
        var made = new List<string>();
        for (var i = 0; i < 7; i++)
            made.Add((string)(await client.PostAsJsonAsync("/api/v1/api-keys", new { name = $"k{i}", scopes = new[] { "read" } }).Json(201))["key"]!["id"]!);
        var seen = new List<string>();
        var address = "/api/v1/api-keys?limit=3";
        while (address is not null)
        {
            using var answer = await client.GetAsync(address).Ok();
            var page = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            seen.AddRange(page["items"]!.AsArray().Select(k => (string)k!["id"]!));
            address = answer.Headers.TryGetValues("Link", out var links) ? links.Single().Split('<', '>')[1] : null!;
            Assert.Equal(address is null, page["nextCursor"] is null);
        }
        Assert.Equal(seen.Distinct(), seen);
        Assert.Superset(made.ToHashSet(), seen.ToHashSet());
    }

    private static StringContent Text(string json) => new(json, Encoding.UTF8, "application/json");
}

public static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "WebLab.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
