using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Machine;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Lab;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Models;

public sealed class RegistryTests(LabServerFixture lab) : IClassFixture<LabServerFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_checkpoint_is_promoted_released_trashed_and_brought_back()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var made = await Promote(client, lab, "street-signs");
        Assert.Equal((1, "candidate", "untrained"), ((int)made["number"]!, (string?)made["stage"], (string?)made["runName"]));
        Assert.Equal(10, made["classes"]!.AsArray().Count);
        Assert.Equal("e001-s00000001", (string?)made["lineage"]!["checkpointName"]);

        var home = "/api/v1/models/STREET-SIGNS/versions/1";
        await client.PatchAsJsonAsync(home, new { stage = "released" }).Refused(428, "precondition-required");
        await Patch(client, home, "\"7\"", new { stage = "released" }).Refused(412, "precondition-failed");
        Assert.Equal("released", (string?)(await Patch(client, home, "\"1\"", new { stage = "released", notes = "the first" }).Json())["stage"]);
        Assert.Equal("stage", (await Patch(client, home, "*", new { stage = "famous" }).Refused(400, "validation"))["errors"]!.AsObject().Single().Key);
        var row = (await client.GetAsync("/api/v1/models?stage=released").Json())["items"]!.AsArray().Single(m => (string?)m!["name"] == "street-signs")!;
        Assert.Equal((1, "released"), ((int)row["released"]!, (string?)row["newest"]!["stage"]));

        await client.GetAsync("/api/v1/models?stage=famous").Refused(400, "validation");
        var model = await client.GetAsync("/api/v1/models/street-signs").Json();
        Assert.Equal(["signs"], (await Patch(client, "/api/v1/models/street-signs", "*", new { tags = new[] { "signs" } }).Json())["tags"]!.AsArray().Select(t => (string?)t));
        await client.PostAsJsonAsync("/api/v1/models/street-signs:purge", new { }).Refused(409, "invalid-transition");
        await Delete(client, "/api/v1/models/street-signs", $"\"{(string?)model["version"]}\"").Refused(412, "precondition-failed");
        await Delete(client, "/api/v1/models/street-signs", "*").Ok(204);
        Assert.DoesNotContain((await client.GetAsync("/api/v1/models").Json())["items"]!.AsArray(), m => (string?)m!["name"] == "street-signs");
        await client.PostAsJsonAsync("/api/v1/models/street-signs/versions", new { checkpointId = lab.CheckpointId }).Refused(409, "conflict");
        await client.PostAsJsonAsync("/api/v1/models/street-signs:restore", new { }).Ok(204);
        Assert.Single((await client.GetAsync("/api/v1/models/street-signs").Json())["items"]!.AsArray());
    }

    [Fact]
    public async Task What_cannot_be_promoted_is_refused_with_its_field()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        foreach (var name in (string[])["-dash", "two%20words", "import", new string('a', 65)])
            Assert.NotNull((await client.PostAsJsonAsync($"/api/v1/models/{name}/versions", new { checkpointId = lab.CheckpointId }).Refused(400, "validation"))["errors"]!["name"]);
        await client.PostAsJsonAsync("/api/v1/models/good/versions", new { checkpointId = "nothing" }).Refused(404, "not-found");
        await client.PostAsJsonAsync("/api/v1/models/good/versions", new { checkpointId = lab.CheckpointId, colour = 1 }).Refused(400, "validation");
        await client.GetAsync("/api/v1/models/good/versions/1").Refused(404, "not-found");
        await Promote(client, lab, "twice");
        Assert.Contains("version 1", (string?)(await client.PostAsJsonAsync("/api/v1/models/twice/versions", new { checkpointId = lab.CheckpointId }).Refused(409, "conflict"))["detail"]);
        var viewer = await lab.Server.Key(UserRole.Viewer);
        await viewer.PostAsJsonAsync("/api/v1/models/theirs/versions", new { checkpointId = lab.CheckpointId }).Refused(403, "forbidden");
        await viewer.GetAsync("/api/v1/models").Ok();
    }

    [Fact]
    public async Task The_same_key_promotes_once()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        client.DefaultRequestHeaders.Add("Idempotency-Key", "once");
        var first = await Promote(client, lab, "once");
        Assert.Equal((int)first["number"]!, (int)(await Promote(client, lab, "once"))["number"]!);
        Assert.Single((await (await client.GetAsync("/api/v1/models/once/versions").Ok()).Content.ReadFromJsonAsync<JsonArray>(Cancel))!);
    }

    /// <summary>Training that goes on may drop a checkpoint, a user may purge a run: neither takes a model's files.</summary>
    [Fact]
    public async Task What_a_model_names_is_neither_dropped_nor_purged()
    {
        using var own = new LabServerFixture();
        var client = await own.Server.Key(UserRole.Researcher);
        var run = (string)(await Promote(client, own, "kept"))["runId"]!;
        var (data, keeper) = (own.Server.Services.GetRequiredService<DataDirectory>(), own.Server.Services.GetRequiredService<CheckpointKeeper>());
        Directory.Delete(new JobFolder(data.Run(run)).Checkpoints, recursive: true);
        await keeper.Follow(run, Cancel);
        await keeper.Prune(run, Cancel);
        Assert.Null((string?)(await client.GetAsync($"/api/v1/checkpoints/{own.CheckpointId}").Json())["deletedAt"]);
        await client.PostAsJsonAsync("/api/v1/lab/attacks", own.Body("""{"kind":"fgsm"}""")).Ok(201);

        await Delete(client, $"/api/v1/runs/{run}", "*").Ok(204);
        var refused = await client.PostAsJsonAsync($"/api/v1/runs/{run}:purge", new { }).Refused(409, "conflict");
        Assert.Contains("version 1 of the model 'kept'", (string?)refused["detail"]);
        var bin = own.Server.Services.GetRequiredService<TrashBin>();
        own.Server.Time.Add(TimeSpan.FromDays(2 * RetentionPolicy.Default.TrashDays));
        await bin.Empty(Cancel);
        Assert.True(Directory.Exists(data.Model(own.CheckpointId)));
        await client.GetAsync("/api/v1/models/kept/versions/1").Ok();

        await Delete(client, "/api/v1/models/kept", "*").Ok(204);
        own.Server.Time.Add(TimeSpan.FromDays(2 * RetentionPolicy.Default.TrashDays));
        await bin.Empty(Cancel);
        Assert.False(Directory.Exists(data.Model(own.CheckpointId)));
        Assert.False(Directory.Exists(data.Run(run)));
        await client.GetAsync("/api/v1/models/kept").Refused(404, "not-found");
    }

    [Fact]
    public async Task Names_versions_and_stages_come_back_with_an_index_made_anew()
    {
        await using var server = LabServer.New();
        var client = await server.Key(UserRole.Researcher);
        var run = await LabServer.Queue(server, new Script(Epochs: 2));
        await LabServer.Until(server, run.Id, RunStatus.Completed);
        var services = server.Services;
        List<string> checkpoints;
        await using (var read = services.GetRequiredService<LabStore>().Read()) checkpoints = [.. read.Checkpoints.Where(c => c.DeletedAt == null).Select(c => c.Id)];
        foreach (var id in checkpoints) await client.PostAsJsonAsync("/api/v1/models/signs/versions", new { checkpointId = id }).Ok(201);
        await Patch(client, "/api/v1/models/signs/versions/1", "*", new { stage = "released", notes = "the *first*" }).Ok();
        await Patch(client, "/api/v1/models/signs", "*", new { tags = new[] { "street" }, notes = "of streets" }).Ok();
        await client.PostAsJsonAsync("/api/v1/models/gone/versions", new { checkpointId = checkpoints[0] }).Ok(201);
        await Delete(client, "/api/v1/models/gone", "*").Ok(204);
        await client.PostAsJsonAsync("/api/v1/models/gone:purge", new { }).Ok(204);
        // The run has dropped its own files; those that the model keeps are still there.
        Directory.Delete(new JobFolder(services.GetRequiredService<DataDirectory>().Run(run.Id)).Checkpoints, recursive: true);
        var (model, version) = (await client.GetAsync("/api/v1/models/signs").Json(), await client.GetAsync("/api/v1/models/signs/versions/1").Json());

        await services.GetRequiredService<LabStore>().Write(c =>
        {
            c.Models.RemoveRange(c.Models);
            c.ModelVersions.RemoveRange(c.ModelVersions);
            c.Checkpoints.RemoveRange(c.Checkpoints);
            c.Runs.RemoveRange(c.Runs);
        }, Cancel);
        await client.GetAsync("/api/v1/models/signs").Refused(404, "not-found");
        await services.GetRequiredService<IndexRebuild>().Follow(Cancel);

        Assert.Equal(model.ToJsonString(), (await client.GetAsync("/api/v1/models/signs").Json()).ToJsonString());
        Assert.Equal(version.ToJsonString(), (await client.GetAsync("/api/v1/models/signs/versions/1").Json()).ToJsonString());
        Assert.Equal("released", (string?)version["stage"]);
        await client.GetAsync("/api/v1/models/gone").Refused(404, "not-found");
        Assert.Null((string?)(await client.GetAsync($"/api/v1/checkpoints/{checkpoints[0]}").Json())["deletedAt"]);
    }

    [Fact]
    public async Task Of_a_row_and_a_file_the_one_that_was_changed_more_often_is_believed()
    {
        using var own = new LabServerFixture();
        var client = await own.Server.Key(UserRole.Researcher);
        await Promote(client, own, "signs");
        var (store, cards) = (own.Server.Services.GetRequiredService<LabStore>(), own.Server.Services.GetRequiredService<ModelCards>());
        await Patch(client, "/api/v1/models/signs/versions/1", "*", new { stage = "released" }).Ok();
        await store.Write(c =>
        {
            var row = c.ModelVersions.Single();
            (row.Stage, row.Version) = (ModelStage.Candidate, 1);
        }, Cancel);
        await cards.Follow(Cancel);
        Assert.Equal("released", (string?)(await client.GetAsync("/api/v1/models/signs/versions/1").Json())["stage"]);

        var path = own.Server.Services.GetRequiredService<DataDirectory>().ModelCard((await Row(store)).Id);
        await File.WriteAllTextAsync(path, "{", Cancel);
        await cards.Follow(Cancel);
        Assert.Equal("signs", ModelCard.Read(path)?.Name);
    }

    private static async Task<Model> Row(LabStore store)
    {
        await using var read = store.Read();
        return read.Models.Single();
    }

    [Fact]
    public async Task Checkpoints_of_all_runs_are_listed_for_the_lab()
    {
        var client = await lab.Server.Key(UserRole.Viewer);
        Assert.Contains((await client.GetAsync("/api/v1/checkpoints").Json())["items"]!.AsArray(), c => (string?)c!["id"] == lab.CheckpointId);
        Assert.Empty((await client.GetAsync("/api/v1/checkpoints?datasetId=other").Json())["items"]!.AsArray());
    }

    internal static async Task<JsonObject> Promote(HttpClient client, LabServerFixture lab, string name) =>
        await client.PostAsJsonAsync($"/api/v1/models/{name}/versions", new { checkpointId = lab.CheckpointId }).Json(201);

    private static Task<HttpResponseMessage> Patch(HttpClient client, string path, string version, object body) =>
        client.SendAsync(With(new HttpRequestMessage(HttpMethod.Patch, path) { Content = JsonContent.Create(body) }, version));

    private static Task<HttpResponseMessage> Delete(HttpClient client, string path, string version) => client.SendAsync(With(new HttpRequestMessage(HttpMethod.Delete, path), version));

    private static HttpRequestMessage With(HttpRequestMessage request, string version)
    {
        request.Headers.IfMatch.Add(version == "*" ? EntityTagHeaderValue.Any : new EntityTagHeaderValue(version));
        return request;
    }
}
