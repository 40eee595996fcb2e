using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace WebLab.Api.Tests.Http;

/// <summary>The checked-in document. <c>WEBLAB_WRITE_OPENAPI=1</c> rewrites it from the running API.</summary>
public sealed class OpenApiTests(Server server) : IClassFixture<Server>
{
    private static readonly string CheckedIn = Path.Combine(Repository.Root, "docs", "openapi.v1.json");

    [Fact]
    public async Task The_checked_in_document_is_what_the_running_api_says()
    {
        var running = Pretty(await Document());
        if (Environment.GetEnvironmentVariable("WEBLAB_WRITE_OPENAPI") == "1")
            await File.WriteAllTextAsync(CheckedIn, running, TestContext.Current.CancellationToken);
        var kept = await File.ReadAllTextAsync(CheckedIn, TestContext.Current.CancellationToken);
        Assert.True(kept == running, "docs/openapi.v1.json is old; run this test with WEBLAB_WRITE_OPENAPI=1 and look at the difference");
    }

    [Fact]
    public async Task Every_operation_has_a_summary_an_id_and_documented_answers()
    {
        var ids = new HashSet<string>();
        foreach (var (where, operation) in Operations(await Document()))
        {
            Assert.False(string.IsNullOrWhiteSpace((string?)operation["summary"]), $"{where} has no summary");
            Assert.True(ids.Add((string?)operation["operationId"] ?? throw new Xunit.Sdk.XunitException($"{where} has no operationId")), $"{where}: operationId twice");
            Assert.NotEmpty(operation["tags"]!.AsArray());
            var answers = operation["responses"]!.AsObject();
            Assert.Contains(answers, a => a.Key[0] is '2' or '3' or '1');
            foreach (var refusal in answers.Where(a => a.Key[0] == '4'))
                Assert.True(refusal.Value!["content"]?["application/problem+json"] is not null, $"{where} {refusal.Key} is no problem");
            if (!where.Contains("/health/", StringComparison.Ordinal) && operation["security"] is not null)
                Assert.True(answers.ContainsKey("401") && answers.ContainsKey("403"), $"{where} lacks 401 or 403");
            if (where.Contains('{'))
                Assert.True(answers.ContainsKey("404"), $"{where} lacks 404");
        }
    }

    [Fact]
    public async Task The_page_that_tries_operations_loads_under_the_page_policy()
    {
        var client = await server.Session();
        var page = await client.GetStringAsync("/swagger/index.html");
        Assert.DoesNotMatch("<script(?![^>]*src=)", page);
        Assert.DoesNotContain("<style", page);
    }

    private async Task<JsonObject> Document()
    {
        var client = await server.Key();
        return await client.GetAsync("/openapi/v1.json").Json();
    }

    private static IEnumerable<(string Where, JsonNode Operation)> Operations(JsonObject document) =>
        from path in document["paths"]!.AsObject()
        from verb in path.Value!.AsObject()
        select ($"{verb.Key.ToUpperInvariant()} {path.Key}", verb.Value!);

    private static string Pretty(JsonNode node) => node.ToJsonString(new JsonSerializerOptions
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    }) + "\n";
}
