using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Experiments;
using WebLab.Api.Tests.Http;
using Xunit;

namespace WebLab.Api.Tests.Sweeps;

public sealed class SweepTests : IDisposable
{
    private readonly Bench _bench = new();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Every_point_becomes_an_experiment_with_a_run_for_each_seed()
    {
        var client = await _bench.Client();
        var answer = await client.PostAsJsonAsync("/api/v1/sweeps", Wanted(), Cancel);
        Assert.NotNull(answer.Headers.ETag);
        var sweep = await Task.FromResult(answer).Json(201);
        Assert.Equal(["0.1 16", "0.1 32", "0.2 16", "0.2 32"], sweep["rows"]!.AsArray().Select(r => $"{r!["values"]!["optimizer.lr"]} {r["values"]!["training.batchSize"]}"));
        Assert.Equal((4, 8, "waiting"), ((int)sweep["points"]!, (int)sweep["runCounts"]!["queued"]!, (string)sweep["status"]!));
        var point = await client.GetAsync($"/api/v1/experiments/{sweep["rows"]![3]!["experiment"]!["id"]}", Cancel).Json();
        Assert.Equal((0.2, 32, 3), ((double)point["recipe"]!["optimizer"]!["lr"]!, (int)point["recipe"]!["training"]!["batchSize"]!, (int)point["sweepPoint"]!["number"]!));
        Assert.Equal(4, (await Bench.Names(client, $"?filter=sweep={sweep["id"]}")).Count);
        Assert.Equal([(string?)sweep["id"]], (await client.GetAsync("/api/v1/sweeps", Cancel).Json())["items"]!.AsArray().Select(s => (string?)s!["id"]));
    }

    [Fact]
    public async Task A_preview_names_points_and_cost_and_stores_nothing()
    {
        var client = await _bench.Client();
        var preview = await client.PostAsJsonAsync("/api/v1/sweeps:preview", Wanted(), Cancel).Json();
        Assert.Equal((true, 4, 8), ((bool)preview["valid"]!, preview["points"]!.AsArray().Count, (int)preview["runs"]!));
        Assert.True((double)preview["secondsInAll"]! > (double)preview["points"]![0]!["seconds"]!);
        Assert.Empty(await Bench.Names(client, ""));
        Assert.Empty((await client.GetAsync("/api/v1/sweeps", Cancel).Json())["items"]!.AsArray());
    }

    [Fact]
    public async Task A_wrong_point_is_named_with_its_field_and_nothing_is_stored()
    {
        var client = await _bench.Client();
        var wanted = Wanted();
        wanted["axes"]![0]!["values"]!.AsArray().Add(-1);
        var problem = await client.PostAsJsonAsync("/api/v1/sweeps", wanted, Cancel).Refused(400, "validation");
        Assert.Equal(["points[4].optimizer.lr", "points[5].optimizer.lr"], problem["errors"]!.AsObject().Select(e => e.Key));
        wanted["axes"]![0]!["path"] = "optimizer.rate";
        wanted["seeds"]!.AsArray().Add(0);
        problem = await client.PostAsJsonAsync("/api/v1/sweeps", wanted, Cancel).Refused(400, "validation");
        Assert.Equal(["axes[0].path", "seeds"], problem["errors"]!.AsObject().Select(e => e.Key));
        var strange = Wanted();
        strange["axes"]![0] = JsonNode.Parse("""{"path":"data.id","values":["nowhere"]}""");
        problem = await client.PostAsJsonAsync("/api/v1/sweeps", strange, Cancel).Refused(400, "validation");
        Assert.Equal(["points[0].data.id", "points[1].data.id"], problem["errors"]!.AsObject().Select(e => e.Key));
        Assert.Empty(await Bench.Names(client, ""));
    }

    [Fact]
    public async Task Cancelling_ends_every_run_and_the_trash_takes_and_gives_back_the_experiments()
    {
        var client = await _bench.Client();
        var id = (string)(await client.PostAsJsonAsync("/api/v1/sweeps", Wanted(), Cancel).Json(201))["id"]!;
        await client.PostAsync($"/api/v1/sweeps/{id}:cancel", null, Cancel).Ok(204);
        Assert.Equal(8, (int)(await client.GetAsync($"/api/v1/sweeps/{id}", Cancel).Json())["runCounts"]!["cancelled"]!);
        await client.PostAsync($"/api/v1/sweeps/{id}:cancel", null, Cancel).Refused(409, "invalid-transition");
        await Delete(client, id, null).Refused(428, "precondition-required");
        await Delete(client, id, "\"7\"").Refused(412, "precondition-failed");
        await Delete(client, id, "\"1\"").Ok(204);
        Assert.Empty(await Bench.Names(client, ""));
        Assert.Empty((await client.GetAsync("/api/v1/sweeps", Cancel).Json())["items"]!.AsArray());
        Assert.Equal(4, (int)(await client.GetAsync("/api/v1/sweeps?trashed=true", Cancel).Json())["items"]![0]!["points"]!);
        await client.PostAsync($"/api/v1/sweeps/{id}:restore", null, Cancel).Ok(204);
        Assert.Equal(4, (await Bench.Names(client, "")).Count);
        await client.GetAsync("/api/v1/sweeps/none", Cancel).Refused(404, "not-found");
        await (await _bench.Client(UserRole.Viewer)).PostAsJsonAsync("/api/v1/sweeps", Wanted(), Cancel).Refused(403, "forbidden");
    }

    [Fact]
    public async Task A_sweep_comes_back_from_the_folders_of_its_runs()
    {
        var client = await _bench.Client();
        var made = await client.PostAsJsonAsync("/api/v1/sweeps", Wanted(), Cancel).Json(201);
        var store = _bench.Server.Services.GetRequiredService<LabStore>();
        await store.Write(c =>
        {
            c.Runs.RemoveRange(c.Runs);
            c.Experiments.RemoveRange(c.Experiments);
            c.Sweeps.RemoveRange(c.Sweeps);
        }, Cancel);
        await _bench.Server.Services.GetRequiredService<IndexRebuild>().Follow(Cancel);
        var again = await client.GetAsync($"/api/v1/sweeps/{made["id"]}", Cancel).Json();
        Assert.Equal(made["rows"]!.AsArray().Select(r => r!["values"]!.ToJsonString()), again["rows"]!.AsArray().Select(r => r!["values"]!.ToJsonString()));
        Assert.Equal((string?)made["name"], (string?)again["name"]);
    }

    private static JsonObject Wanted() => new()
    {
        ["name"] = "rates", ["recipe"] = Bench.Recipe(), ["seeds"] = new JsonArray(0, 1),
        ["axes"] = JsonNode.Parse("""[{"path":"optimizer.lr","values":[0.1,0.2]},{"path":"training.batchSize","low":16,"high":32,"scale":"log","count":2}]"""),
    };

    private static Task<HttpResponseMessage> Delete(HttpClient client, string id, string? version)
    {
        var request = new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/sweeps/{id}");
        if (version is not null) request.Headers.TryAddWithoutValidation("If-Match", version);
        return client.SendAsync(request, Cancel);
    }
}
