using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Evaluations;

public sealed class CorruptionTests : IDisposable
{
    private readonly Server _server = LabServer.New();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Figures_of_corruptions_are_served_once_there_are_any_and_measure_others()
    {
        var (client, run) = await Trained();
        var id = await Evaluated(client, new { runId = run, data = Shapes32.Id, attacks = Array.Empty<object>(), corruptions = new[] { "weather" }, severities = new[] { 1, 5 } });
        var request = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Folder(id), "request.json"), Cancel))!;
        Assert.Equal(("""["weather"]""", "[1,5]"), (request["corruptions"]!.ToJsonString(), request["severities"]!.ToJsonString()));
        // The fake worker tries nothing.
        await client.GetAsync($"/api/v1/evaluations/{id}/corruptions", Cancel).Refused(404, "not-found");

        var fog = CorruptionRated.Of(Kinds.Corruptions.Find("fog")!, [Rated.Of(8, 10), Rated.Of(6, 10)]);
        var corruptions = CorruptionResults.Summed(CorruptionResults.Made, [1, 5], [fog], 0.9);
        var results = new EvaluationResults("c", "00", Shapes32.Id, "v", "test", 10, 0, "fp32", Rated.Of(9, 10), [], null, Corruptions: corruptions);
        await File.WriteAllBytesAsync(Path.Combine(Folder(id), "results.json"), JobJson.Bytes(results), Cancel);
        var served = await client.GetAsync($"/api/v1/evaluations/{id}/corruptions", Cancel).Json();
        Assert.Equal((0.3, 1, 15, "fog"), (Math.Round((double)served["error"]!, 9), (int)served["counted"]!, (int)served["of"]!, (string)served["worst"]!));
        Assert.Equal(0.6, (double)served["corruptions"]![0]!["cells"]![1]!["accuracy"]!);

        var second = await Evaluated(client, new { runId = run, data = Shapes32.Id, corruptions = new[] { "fog" }, severities = new[] { 1, 5 }, corruptionBaseline = id });
        request = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Folder(second), "request.json"), Cancel))!;
        Assert.Equal($"runs/{id}", (string?)request["corruptionBaseline"]);
    }

    [Fact]
    public async Task Wrong_names_severities_and_baselines_are_refused()
    {
        var (client, run) = await Trained();
        var problem = await client.PostAsJsonAsync("/api/v1/evaluations", new { runId = run, data = Shapes32.Id, corruptions = new[] { "fog", "fogg" } }, Cancel).Refused(400, "validation");
        Assert.Contains("\"corruptions[1]\"", problem["errors"]!.ToJsonString(), StringComparison.Ordinal);
        problem = await client.PostAsJsonAsync("/api/v1/evaluations", new { runId = run, data = Shapes32.Id, corruptions = new[] { "fog" }, severities = new[] { 6 } }, Cancel).Refused(400, "validation");
        Assert.Contains("\"severities[0]\"", problem["errors"]!.ToJsonString(), StringComparison.Ordinal);
        foreach (var baseline in new[] { "../../etc", run })
        {
            problem = await client.PostAsJsonAsync("/api/v1/evaluations", new { runId = run, data = Shapes32.Id, corruptions = new[] { "fog" }, corruptionBaseline = baseline }, Cancel).Refused(400, "validation");
            Assert.Contains("\"corruptionBaseline\"", problem["errors"]!.ToJsonString(), StringComparison.Ordinal);
        }
    }

    private string Folder(string id) => Path.Combine(_server.DataFolder, "runs", id);

    private async Task<string> Evaluated(HttpClient client, object wanted)
    {
        var made = await client.PostAsJsonAsync("/api/v1/evaluations", wanted, Cancel).Ok(202);
        var id = (string)JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancel))!["id"]!;
        await LabServer.Until(_server, id, RunStatus.Completed);
        return id;
    }

    private async Task<(HttpClient Client, string Run)> Trained()
    {
        using (var reader = new Shapes32(80, 32)) Importer.Import(Path.Combine(_server.DataFolder, "datasets"), Shapes32.Id, Shapes32.Title, reader, TimeProvider.System);
        var client = await _server.Key();
        var run = await LabServer.Queue(_server, new Script(Epochs: 2));
        await LabServer.Until(_server, run.Id, RunStatus.Completed);
        return (client, run.Id);
    }
}
