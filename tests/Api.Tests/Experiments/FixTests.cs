using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Experiments;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;
using Xunit;

namespace WebLab.Api.Tests.Experiments;

public sealed class FixTests : IDisposable
{
    private readonly Server _server = LabServer.New();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData(FailureCode.OutOfMemory, "half-batch bf16 half-width")]
    [InlineData(FailureCode.NanLoss, "lower-rate clip warm-up")]
    [InlineData(FailureCode.DatasetChanged, "newest-data")]
    [InlineData(FailureCode.DatasetMissing, "retry")]
    [InlineData(FailureCode.DiskFull, "retry")]
    [InlineData(FailureCode.WorkerLost, "retry half-batch")]
    [InlineData(FailureCode.NativeCrash, "retry cpu")]
    [InlineData(FailureCode.BadRecipe, "")]
    public void Each_failure_has_its_proposals_best_first(string code, string wanted) =>
        Assert.Equal(wanted, string.Join(' ', Fixes.Of(RunKind.Train, code, Recipe()).Select(f => f.Name)));

    [Fact]
    public void A_proposal_says_what_it_changes_and_its_recipe_is_valid()
    {
        var half = Fixes.Of(RunKind.Train, FailureCode.OutOfMemory, Recipe())[0];
        Assert.Equal(["training.batchSize 128 -> 64", "optimizer.lr 0.1 -> 0.05"], half.Changes.Select(c => $"{c.Path} {Fixes.Shown(c.From)} -> {Fixes.Shown(c.To)}"));
        Assert.Equal(64, RecipeJson.Read(half.Recipe).Recipe!.Training.BatchSize);
        var slower = Fixes.Of(RunKind.Train, FailureCode.NanLoss, Recipe())[0];
        Assert.Equal("optimizer.lr 0.1 -> 0.01", string.Join(',', slower.Changes.Select(c => $"{c.Path} {Fixes.Shown(c.From)} -> {Fixes.Shown(c.To)}")));
    }

    [Fact]
    public void Other_jobs_than_training_can_only_be_retried()
    {
        Assert.Equal(["retry"], Fixes.Of(RunKind.Evaluate, FailureCode.OutOfMemory, new JsonObject()).Select(f => f.Name));
        Assert.Empty(Fixes.Of(RunKind.Import, FailureCode.BadData, new JsonObject()));
    }

    [Fact]
    public async Task A_failed_run_offers_fixes_and_one_is_taken_as_a_clone()
    {
        var client = await _server.Key();
        await client.PostAsync("/api/v1/queue:pause", null, Cancel).Ok(204);
        var made = await client.PostAsJsonAsync("/api/v1/experiments", new { name = "first", recipe = Unbound(), seeds = new[] { 3 } }, Cancel).Json(201);
        var run = (string)made["runs"]![0]!["id"]!;
        Assert.Empty((await List(client, run)));
        await _server.Services.GetRequiredService<LabStore>().Write(c =>
        {
            var row = c.Runs.Find(run)!;
            (row.Status, row.FailureCode) = (RunStatus.Failed, FailureCode.OutOfMemory);
        }, Cancel);

        var fixes = await List(client, run);
        Assert.Equal("half-batch", (string?)fixes[0]!["name"]);
        var clone = await client.PostAsJsonAsync($"/api/v1/runs/{run}/fixes/half-batch", new { start = true }, Cancel).Json(201);

        Assert.Equal((string)made["id"]!, (string?)clone["parentId"]);
        Assert.Equal(64, (int)clone["recipe"]!["training"]!["batchSize"]!);
        Assert.Equal((3, "queued"), ((int)clone["runs"]![0]!["seed"]!, (string)clone["runs"]![0]!["status"]!));
        Assert.Contains("training.batchSize 128 -> 64", (string?)clone["notes"], StringComparison.Ordinal);
        Assert.Empty((await client.PostAsJsonAsync($"/api/v1/runs/{run}/fixes/bf16", new { start = false }, Cancel).Json(201))["runs"]!.AsArray());

        await client.PostAsJsonAsync($"/api/v1/runs/{run}/fixes/none", new { start = true }, Cancel).Refused(404, "not-found");
        await client.PostAsJsonAsync($"/api/v1/runs/{run}/fixes/bf16", new { begin = true }, Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/runs/none/fixes", Cancel).Refused(404, "not-found");
        var viewer = await _server.Key(UserRole.Viewer);
        await viewer.PostAsJsonAsync($"/api/v1/runs/{run}/fixes/bf16", new { start = false }, Cancel).Refused(403, "forbidden");
    }

    private static async Task<JsonArray> List(HttpClient client, string run) => JsonNode.Parse(await client.GetStringAsync($"/api/v1/runs/{run}/fixes", Cancel))!.AsArray();

    // Without the version of a data set that is not here.
    private static JsonObject Unbound()
    {
        var recipe = Recipe();
        recipe["data"]!.AsObject().Remove("version");
        return recipe;
    }

    private static JsonObject Recipe() => JsonNode.Parse("""
        {
          "data": { "id": "shapes32", "version": "0011223344556677" }, "model": { "kind": "resnet18", "width": 16 }, "method": { "kind": "standard" },
          "optimizer": { "kind": "sgd", "lr": 0.1 }, "schedule": { "kind": "constant", "warmupEpochs": 0 },
          "training": { "epochs": 30, "batchSize": 128, "precision": "fp32" }, "device": "auto"
        }
        """)!.AsObject();
}
