using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Experiments;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Recipes;
using Xunit;

namespace WebLab.Api.Tests.Experiments;

public sealed class ExperimentTests : IDisposable
{
    private readonly Server _server = LabServer.New();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task An_experiment_becomes_a_run_for_each_seed_with_a_frozen_recipe()
    {
        var client = await Paused();
        var made = await client.PostAsJsonAsync("/api/v1/experiments", new { name = "first", recipe = Recipe(), seeds = new[] { 3, 4 }, tags = new[] { "baseline" } }, Cancel);
        Assert.NotNull(made.Headers.ETag);
        var experiment = await Task.FromResult(made).Json(201);
        Assert.Equal([3, 4], experiment["runs"]!.AsArray().Select(r => (int)r!["seed"]!));
        foreach (var run in experiment["runs"]!.AsArray())
        {
            var detail = await client.GetAsync($"/api/v1/runs/{run!["id"]}", Cancel).Json();
            Assert.Equal((int)run["seed"]!, (int)detail["request"]!["seed"]!);
            var read = RecipeJson.Read(detail["request"]);
            Assert.Equal((string?)detail["requestHash"], RecipeJson.Hash(read.Recipe!));
            Assert.Equal("queued", (string?)detail["status"]);
        }
    }

    [Fact]
    public async Task Every_wrong_field_is_named_with_its_path()
    {
        var client = await Paused();
        var recipe = Recipe();
        recipe["method"] = new JsonObject { ["kind"] = "tradess" };
        recipe["training"]!["epochs"] = 0;
        recipe["surprise"] = 1;
        var problem = await client.PostAsJsonAsync("/api/v1/experiments", new { recipe, seeds = new[] { -1 }, tags = new[] { "no spaces please" }, name = "" }, Cancel).Refused(400, "validation");
        var errors = problem["errors"]!.AsObject().Select(e => e.Key).ToHashSet();
        Assert.Superset(new HashSet<string> { "recipe.method.kind", "recipe.training.epochs", "recipe.surprise", "seeds[0]", "tags[0]", "name" }, errors);
    }

    [Fact]
    public async Task A_check_finds_the_same_errors_stores_nothing_and_estimates_the_cost()
    {
        var client = await Paused();
        var good = await client.PostAsJsonAsync("/api/v1/experiments:validate", new { recipe = Recipe(), seeds = new[] { 0, 1 } }, Cancel).Json();
        Assert.True((bool)good["valid"]!);
        Assert.Equal((double)good["cost"]!["secondsPerRun"]! * 2, (double)good["cost"]!["secondsInAll"]!, 3);
        Assert.Contains("stimate", (string?)good["cost"]!["basis"]);
        var recipe = Recipe();
        recipe["data"]!["id"] = "nowhere";
        var bad = await client.PostAsJsonAsync("/api/v1/experiments:validate", new { recipe }, Cancel).Json();
        Assert.Equal("data.id", (string?)bad["errors"]![0]!["path"]);
        Assert.Empty((await client.GetAsync("/api/v1/experiments", Cancel).Json())["items"]!.AsArray());
    }

    // Images a second of standard training by one core of the machine in benchmarks/results/step.md, by itself: the first estimate must promise no more.
    [Theory]
    [InlineData("""{"kind":"resnet18","width":64}""", 31)]
    [InlineData("""{"kind":"resnet18","width":16}""", 390)]
    [InlineData("""{"kind":"resnet18","width":8}""", 1100)]
    [InlineData("""{"kind":"tinycnn"}""", 6500)]
    public async Task A_first_estimate_is_cautious_for_wide_and_narrow_networks(string model, double perCore)
    {
        var client = await Paused();
        var recipe = Recipe();
        recipe["model"] = JsonNode.Parse(model);
        var good = await client.PostAsJsonAsync("/api/v1/experiments:validate", new { recipe }, Cancel).Json();
        Assert.Contains("nothing has been trained", (string?)good["cost"]!["basis"], StringComparison.Ordinal);
        Assert.InRange((double)good["cost"]!["imagesPerSecond"]! / Environment.ProcessorCount / perCore, 0.4, 1);
    }

    [Fact]
    public async Task A_change_needs_the_version_that_was_read()
    {
        var client = await Paused();
        var made = await client.PostAsJsonAsync("/api/v1/experiments", new { name = "one", recipe = Recipe(), start = false }, Cancel);
        var url = made.Headers.Location!.ToString();
        await client.PatchAsJsonAsync(url, new { name = "two" }, Cancel).Refused(428, "precondition-required");
        Assert.Equal("two", (string?)(await Patch(client, url, made.Headers.ETag!.Tag).Json())["name"]);
        await Patch(client, url, made.Headers.ETag!.Tag).Refused(412, "precondition-failed");
        await Patch(client, url, "*").Ok();
    }

    [Fact]
    public async Task Clone_archive_trash_and_restore_move_an_experiment_between_lists()
    {
        var client = await Paused();
        var made = await client.PostAsJsonAsync("/api/v1/experiments", new { name = "one", recipe = Recipe() }, Cancel).Json(201);
        var id = (string)made["id"]!;
        var clone = await client.PostAsync($"/api/v1/experiments/{id}:clone", null, Cancel).Json(201);
        Assert.Equal((id, "one (copy)", "draft", (string)made["recipeHash"]!), ((string)clone["parentId"]!, (string)clone["name"]!, (string)clone["status"]!, (string)clone["recipeHash"]!));
        await client.PostAsync($"/api/v1/experiments/{id}:archive", null, Cancel).Ok(204);
        Assert.Equal(["one (copy)"], await Names(client, ""));
        Assert.Equal(["one"], await Names(client, "?show=archived"));
        using var delete = new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/experiments/{id}");
        delete.Headers.Add("If-Match", "*");
        await client.SendAsync(delete, Cancel).Ok(204);
        Assert.Equal(["one"], await Names(client, "?show=trashed"));
        Assert.Empty((await client.GetAsync($"/api/v1/runs?filter=experiment={id}", Cancel).Json())["items"]!.AsArray());
        await client.PostAsync($"/api/v1/experiments/{id}:restore", null, Cancel).Ok(204);
        Assert.Equal(["one (copy)", "one"], await Names(client, ""));
        Assert.Single((await client.GetAsync($"/api/v1/runs?filter=experiment={id}", Cancel).Json())["items"]!.AsArray());
    }

    [Fact]
    public async Task Lists_are_narrowed_by_terms_and_text_and_walked_by_cursor()
    {
        var client = await Paused();
        for (var i = 0; i < 7; i++)
            await client.PostAsJsonAsync("/api/v1/experiments", new { name = $"number {i}", recipe = Recipe(), tags = new[] { i % 2 == 0 ? "even" : "odd" }, start = i < 3 }, Cancel).Ok(201);
        Assert.Equal(["number 5", "number 3", "number 1"], await Names(client, "?filter=tag:odd"));
        Assert.Equal(["number 2", "number 0"], await Names(client, "?filter=" + Uri.EscapeDataString("status in (queued, running) and tag:even and method=\"standard\"")));
        Assert.Empty(await Names(client, "?filter=" + Uri.EscapeDataString("robust>=0.5")));
        Assert.Equal(["number 4"], await Names(client, "?text=" + Uri.EscapeDataString("BER 4")));
        Assert.Empty(await Names(client, "?text=" + Uri.EscapeDataString("%")));
        foreach (var sort in (string[])["-createdAt", "createdAt", "name", "-name"])
        {
            var (seen, url) = (new List<string>(), $"/api/v1/experiments?limit=2&sort={sort}");
            while (true)
            {
                var page = await client.GetAsync(url, Cancel).Json();
                seen.AddRange(page["items"]!.AsArray().Select(x => (string)x!["name"]!));
                if ((string?)page["nextCursor"] is not { } cursor) break;
                url = $"/api/v1/experiments?limit=2&sort={sort}&cursor={cursor}";
            }
            var up = Enumerable.Range(0, 7).Select(i => $"number {i}");
            Assert.Equal(sort[0] == '-' ? up.Reverse() : up, seen);
        }
        await client.GetAsync("/api/v1/experiments?filter=" + Uri.EscapeDataString("password=1"), Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/experiments?filter=" + Uri.EscapeDataString("status in (queued"), Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/experiments?sort=colour", Cancel).Refused(400, "validation");
    }

    [Fact]
    public async Task The_queue_is_shown_with_reasons_and_reordered()
    {
        var client = await Paused();
        await client.PostAsJsonAsync("/api/v1/experiments", new { name = "one", recipe = Recipe(), seeds = new[] { 0, 1, 2 } }, Cancel).Ok(201);
        var answer = await client.GetAsync("/api/v1/queue", Cancel).Ok();
        var queue = await Task.FromResult(answer).Json();
        var ids = queue["waiting"]!.AsArray().Select(w => (string)w!["run"]!["id"]!).ToList();
        Assert.All(queue["waiting"]!.AsArray(), w => Assert.Equal("The queue is paused.", (string?)w!["whyWaiting"]));
        using var put = new HttpRequestMessage(HttpMethod.Put, "/api/v1/queue") { Content = JsonContent.Create(new { order = new[] { ids[2], ids[0] } }) };
        put.Headers.Add("If-Match", answer.Headers.ETag!.Tag);
        var after = await client.SendAsync(put, Cancel).Json();
        Assert.Equal([ids[2], ids[0], ids[1]], after["waiting"]!.AsArray().Select(w => (string)w!["run"]!["id"]!));
        using var old = new HttpRequestMessage(HttpMethod.Put, "/api/v1/queue") { Content = JsonContent.Create(new { order = new[] { ids[1] } }) };
        old.Headers.Add("If-Match", answer.Headers.ETag!.Tag);
        await client.SendAsync(old, Cancel).Refused(412, "precondition-failed");
    }

    [Fact]
    public async Task The_same_key_makes_one_experiment()
    {
        var client = await Paused();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "once");
        var body = new { name = "one", recipe = Recipe() };
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.PostAsJsonAsync("/api/v1/experiments", body, Cancel)));
        Assert.All(answers, a => Assert.Contains((int)a.StatusCode, (int[])[201, 409]));
        Assert.Single(await Names(client, ""));
    }

    private static JsonObject Recipe() => JsonNode.Parse("""
        {
          "data": { "id": "shapes32" }, "model": { "kind": "tinycnn" }, "method": { "kind": "standard" },
          "optimizer": { "kind": "sgd" }, "schedule": { "kind": "constant" }, "training": { "epochs": 2 }
        }
        """)!.AsObject();

    // Nothing starts, so that what is queued stays where it is.
    private async Task<HttpClient> Paused()
    {
        var client = await _server.Key();
        await client.PostAsync("/api/v1/queue:pause", null, Cancel).Ok(204);
        return client;
    }

    private static async Task<IEnumerable<string>> Names(HttpClient client, string query) =>
        (await client.GetAsync("/api/v1/experiments" + query, Cancel).Json())["items"]!.AsArray().Select(x => (string)x!["name"]!);

    private static Task<HttpResponseMessage> Patch(HttpClient client, string url, string version)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, url) { Content = JsonContent.Create(new { name = "two" }) };
        request.Headers.TryAddWithoutValidation("If-Match", version);
        return client.SendAsync(request, Cancel);
    }
}
