using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using Xunit;

namespace WebLab.Api.Tests.Experiments;

public sealed class BulkTests : IDisposable
{
    private readonly Bench _bench = new();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Each_experiment_is_done_or_refused_by_itself()
    {
        var client = await _bench.Client();
        string[] ids = [await _bench.Make(client, "free", [0.5]), "0192aaaa-0000-7000-8000-000000000000", await _bench.Make(client, "busy", [0.5], RunStatus.Running)];
        var result = await Do(client, ids, "trash");
        Assert.Equal((1, 2), ((int)result["done"]!, (int)result["refused"]!));
        Assert.Equal(ids, result["items"]!.AsArray().Select(i => (string)i!["id"]!));
        Assert.Equal([null, "not-found", "invalid-transition"], result["items"]!.AsArray().Select(i => (string?)i!["kind"]));
        Assert.Contains("cancel it first", (string?)result["items"]![2]!["detail"]);
        Assert.Equal(["busy"], await Bench.Names(client, ""));
        await Do(client, ids[..1], "restore");
        Assert.Equal(["busy", "free"], await Bench.Names(client, ""));
    }

    [Fact]
    public async Task Tags_are_added_and_taken_away_and_the_others_stay()
    {
        var client = await _bench.Client();
        string[] ids = [await _bench.Make(client, "one", [0.5]), await _bench.Make(client, "two", [0.6])];
        await Do(client, ids, "tag", "base", "seen");
        await Do(client, ids[..1], "untag", "seen");
        Assert.Equal(["two", "one"], await Bench.Names(client, "?filter=tag:base"));
        Assert.Equal(["two"], await Bench.Names(client, "?filter=tag:seen"));
        Assert.Equal(["two", "one"], await Bench.Names(client, "?filter=" + Uri.EscapeDataString("tag in (base, seen)")));
        var uses = JsonNode.Parse(await client.GetStringAsync("/api/v1/experiments/tags", Cancel))!.AsArray();
        Assert.Equal(["base 2", "seen 1"], uses.Select(u => $"{u!["tag"]} {u["experiments"]}"));
    }

    [Fact]
    public async Task Starting_again_queues_what_was_cancelled_and_drafts_and_refuses_what_is_complete()
    {
        var client = await _bench.Client();
        string[] ids = [await _bench.Make(client, "draft"), await _bench.Make(client, "queued", [0.5], RunStatus.Queued), await _bench.Make(client, "complete", [0.5])];
        Assert.Equal([true, false, false], (await Do(client, ids, "start"))["items"]!.AsArray().Select(i => (bool)i!["done"]!));
        Assert.Equal([true, true, false], (await Do(client, ids, "cancel"))["items"]!.AsArray().Select(i => (bool)i!["done"]!));
        Assert.Equal([true, true, false], (await Do(client, ids, "start"))["items"]!.AsArray().Select(i => (bool)i!["done"]!));
        Assert.Equal(["queued", "draft"], await Bench.Names(client, "?filter=status=queued"));
        Assert.Equal([0, 0], (await client.GetAsync($"/api/v1/experiments/{ids[1]}", Cancel).Json())["runs"]!.AsArray().Select(r => (int)r!["seed"]!));
    }

    [Fact]
    public async Task Purging_wants_the_trash_and_frees_the_bytes_it_promised()
    {
        var client = await _bench.Client();
        var id = await _bench.Make(client, "gone", [0.5, 0.6]);
        var runs = Path.Combine(_bench.Server.DataFolder, "runs");
        var size = await client.GetAsync($"/api/v1/experiments/{id}/size", Cancel).Json();
        Assert.Equal(Directory.EnumerateFiles(runs, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length), (long)size["bytes"]!);
        Assert.Equal(2, (int)size["runs"]!);
        await client.PostAsync($"/api/v1/experiments/{id}:purge", null, Cancel).Refused(409, "invalid-transition");
        await Do(client, [id], "trash");
        Assert.Equal(1, (int)(await Do(client, [id], "purge"))["done"]!);
        Assert.Empty(Directory.EnumerateDirectories(runs));
        await client.GetAsync($"/api/v1/experiments/{id}", Cancel).Refused(404, "not-found");
        await client.GetAsync($"/api/v1/experiments/{id}/size", Cancel).Refused(404, "not-found");
    }

    [Fact]
    public async Task A_wrong_request_names_its_field_and_a_viewer_may_not()
    {
        var client = await _bench.Client();
        var id = await _bench.Make(client, "one", [0.5]);
        Assert.Contains("ids", Fields(await Post(client, [], "archive").Refused(400, "validation")));
        Assert.Contains("ids", Fields(await Post(client, [id, id], "archive").Refused(400, "validation")));
        Assert.Contains("tags", Fields(await Post(client, [id], "tag").Refused(400, "validation")));
        Assert.Contains("tags", Fields(await Post(client, [id], "archive", "x").Refused(400, "validation")));
        Assert.Contains("tags[0]", Fields(await Post(client, [id], "tag", "two words").Refused(400, "validation")));
        await Post(client, [id], "explode").Refused(400, "validation");
        await Post(await _bench.Client(UserRole.Viewer), [id], "archive").Refused(403, "forbidden");
    }

    [Fact]
    public async Task A_line_of_descent_says_what_was_changed_from_one_to_the_next()
    {
        var client = await _bench.Client();
        var first = await _bench.Make(client, "first", [0.5]);
        var recipe = Bench.Recipe();
        recipe["optimizer"]!["lr"] = 0.2;
        var child = (string)(await client.PostAsJsonAsync("/api/v1/experiments", new { name = "child", recipe, start = false, parentId = first }, Cancel).Json(201))["id"]!;
        var clone = (string)(await client.PostAsync($"/api/v1/experiments/{child}:clone", null, Cancel).Json(201))["id"]!;
        var lineage = await client.GetAsync($"/api/v1/experiments/{child}/lineage", Cancel).Json();
        Assert.Equal("""[{"path":"optimizer.lr","old":0.1,"new":0.2}]""", lineage["ancestors"]![0]!["changes"]!.ToJsonString());
        Assert.Equal((clone, 0), ((string)lineage["children"]![0]!["id"]!, lineage["children"]![0]!["changes"]!.AsArray().Count));
        Assert.Equal([child, first], (await client.GetAsync($"/api/v1/experiments/{clone}/lineage", Cancel).Json())["ancestors"]!.AsArray().Select(a => (string)a!["id"]!));
        Assert.Single((await client.GetAsync($"/api/v1/experiments/{clone}/diff?to={first}", Cancel).Json())["changes"]!.AsArray());
        await Do(client, [first], "trash");
        await Do(client, [first], "purge");
        Assert.Equal(first, (string?)(await client.GetAsync($"/api/v1/experiments/{child}/lineage", Cancel).Json())["lostParentId"]);
        await client.GetAsync($"/api/v1/experiments/{first}/lineage", Cancel).Refused(404, "not-found");
    }

    private static Task<HttpResponseMessage> Post(HttpClient client, string[] ids, string action, params string[] tags) =>
        client.PostAsJsonAsync("/api/v1/experiments:bulk", tags.Length > 0 ? new { ids, action, tags } : (object)new { ids, action }, Cancel);

    private static Task<JsonObject> Do(HttpClient client, string[] ids, string action, params string[] tags) => Post(client, ids, action, tags).Json();

    private static IEnumerable<string> Fields(JsonObject problem) => problem["errors"]!.AsObject().Select(e => e.Key);
}
