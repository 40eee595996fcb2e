using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Data;
using WebLab.Engine.Inspections;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Recipes;
using WebLab.Engine.Training;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Inspections;

public sealed class InspectionTests : IDisposable
{
    private readonly Server _server = LabServer.New();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task An_inspection_is_queued_with_the_best_checkpoint_and_is_no_evaluation()
    {
        var (client, run) = await Trained();
        var made = await client.PostAsJsonAsync("/api/v1/inspections", new { runId = run, data = Shapes32.Id, lenses = new[] { "banks" }, samples = 16 }, Cancel).Ok(202);
        var id = (string)JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancel))!["id"]!;
        Assert.Equal($"/api/v1/inspections/{id}", made.Headers.Location!.ToString());
        await LabServer.Until(_server, id, RunStatus.Completed);

        var shown = Assert.Single((await client.GetAsync($"/api/v1/inspections?runId={run}&datasetId={Shapes32.Id}", Cancel).Json())["items"]!.AsArray())!;
        Assert.Equal((id, run, 2, "test", 16), ((string)shown["id"]!, (string)shown["sourceRunId"]!, (int)shown["epoch"]!, (string)shown["split"]!, (int)shown["samples"]!));
        Assert.Equal(["banks"], shown["lenses"]!.AsArray().Select(l => (string)l!));
        Assert.Empty((await client.GetAsync("/api/v1/evaluations", Cancel).Json())["items"]!.AsArray());
        Assert.Empty((await client.GetAsync("/api/v1/inspections?checkpointId=other", Cancel).Json())["items"]!.AsArray());
        await client.GetAsync($"/api/v1/evaluations/{id}", Cancel).Refused(404, "not-found");
        Assert.Equal("inspect", (string?)(await client.GetAsync($"/api/v1/runs/{id}", Cancel).Json())["kind"]);
        Assert.True(File.Exists(Path.Combine(_server.DataFolder, "runs", id, "checkpoint", "weights.safetensors")));
    }

    [Fact]
    public async Task Findings_are_served_once_there_are_any()
    {
        var (client, run) = await Trained();
        var made = await client.PostAsJsonAsync("/api/v1/inspections", new { runId = run, data = Shapes32.Id }, Cancel).Ok(202);
        var id = (string)JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancel))!["id"]!;
        await LabServer.Until(_server, id, RunStatus.Completed);
        // The fake worker looks at nothing.
        await client.GetAsync($"/api/v1/inspections/{id}/results", Cancel).Refused(409, "conflict");

        var finding = JsonSerializer.SerializeToElement(new MaskFinding(5, new Dictionary<string, double> { ["diagnostic.maskSwap"] = 0.25 }), JobJson.Options);
        var results = new InspectionResults("c", "00", Shapes32.Id, "v", "test", 5, 0, finding, new Dictionary<string, JsonElement> { [MaskLens.Name] = finding });
        await File.WriteAllBytesAsync(Path.Combine(_server.DataFolder, "runs", id, InspectionResults.FileName), JobJson.Bytes(results), Cancel);
        var served = await client.GetAsync($"/api/v1/inspections/{id}/results", Cancel).Json();
        Assert.Equal(0.25, (double)served["findings"]!["masks"]!["values"]!["diagnostic.maskSwap"]!);
    }

    [Fact]
    public async Task Feature_attacks_are_those_of_training_but_for_what_is_asked()
    {
        var (client, run) = await Trained(new LearnedAlfaOptions { Locations = ["stage1", "stage3"], Steps = 2 });
        var made = await client.PostAsJsonAsync("/api/v1/inspections", new { runId = run, data = Shapes32.Id, features = new { strengths = new[] { 4, -0.5 } } }, Cancel).Ok(202);
        var id = (string)JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancel))!["id"]!;
        var asked = JobJson.Read<JsonObject>(new JobFolder(Path.Combine(_server.DataFolder, "runs", id)).Request)["features"]!;
        Assert.Equal(["stage1", "stage3"], asked["places"]!.AsArray().Select(p => (string)p!));
        Assert.Equal([4, -0.5], asked["strengths"]!.AsArray().Select(p => (double)p!));
        Assert.Equal(("1/255", 2), ((string)asked["stepSize"]!, (int)asked["steps"]!));
        var problem = await client.PostAsJsonAsync("/api/v1/inspections", new { runId = run, data = Shapes32.Id, features = new { places = new[] { "stage9" }, strengths = new[] { 1 } } }, Cancel).Refused(400, "validation");
        Assert.Contains("\"features.places[0]\"", problem["errors"]!.ToJsonString(), StringComparison.Ordinal);
        problem = await client.PostAsJsonAsync("/api/v1/inspections", new { runId = run, data = Shapes32.Id, features = new { strengths = new[] { 100, 1 }, colour = 1 } }, Cancel).Refused(400, "validation");
        foreach (var field in new[] { "features.strengths[0]", "features.colour" }) Assert.Contains($"\"{field}\"", problem["errors"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_wrong_field_is_named()
    {
        var (client, run) = await Trained();
        var problem = await client.PostAsJsonAsync("/api/v1/inspections",
            new { runId = run, data = "nowhere", lenses = new[] { "x-ray" }, strengths = new[] { "0", "2/255", "1/255" }, priority = 1000 }, Cancel).Refused(400, "validation");
        var errors = problem["errors"]!.ToJsonString();
        foreach (var field in new[] { "lenses[0]", "strengths[2]", "data", "priority" }) Assert.Contains($"\"{field}\"", errors, StringComparison.Ordinal);
        problem = await client.PostAsJsonAsync("/api/v1/inspections", new { runId = run, data = Shapes32.Id, samples = 0 }, Cancel).Refused(400, "validation");
        Assert.Contains("\"samples\"", problem["errors"]!.ToJsonString(), StringComparison.Ordinal);
        await client.PostAsJsonAsync("/api/v1/inspections", new { checkpointId = "none" }, Cancel).Refused(404, "not-found");
        await client.PostAsJsonAsync("/api/v1/inspections", new { }, Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/inspections/none", Cancel).Refused(404, "not-found");
        await client.GetAsync($"/api/v1/inspections/{run}", Cancel).Refused(404, "not-found");
    }

    private async Task<(HttpClient Client, string Run)> Trained(MethodOptions? method = null)
    {
        using (var reader = new Shapes32(80, 32)) Importer.Import(Path.Combine(_server.DataFolder, "datasets"), Shapes32.Id, Shapes32.Title, reader, TimeProvider.System);
        var client = await _server.Key();
        var run = method is null ? await LabServer.Queue(_server, new Script(Epochs: 2)) : await _server.Services.GetRequiredService<Intake>().Queue(new NewRun(RunKind.Train, "test",
            RecipeJson.Canonical(new Recipe { Data = new DataSection { Id = Shapes32.Id }, Model = new TinyCnnOptions(), Method = method, Optimizer = new SgdOptions(), Schedule = new CosineOptions(), Training = new TrainingSection { Epochs = 1 } })), Cancel);
        await LabServer.Until(_server, run.Id, RunStatus.Completed);
        return (client, run.Id);
    }
}
