using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Data;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Evaluations;

public sealed class TransferTests : IDisposable
{
    private readonly Server _server = LabServer.New();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Cells_that_are_missing_are_started_once_one_evaluation_for_each_network()
    {
        var (client, runs) = await Trained();
        var query = $"/api/v1/transfers?runs={string.Join(',', runs)}&data={Shapes32.Id}&samples=16&eps=4/255";
        var empty = await client.GetAsync(query, Cancel).Json();
        Assert.Equal((4, 4, "4/255"), ((int)empty["missing"]!, empty["cells"]!.AsArray().Count, (string)empty["eps"]!));
        Assert.Equal(runs, empty["networks"]!.AsArray().Select(n => (string)n!["runId"]!));

        var wanted = new { runs, data = Shapes32.Id, samples = 16, eps = "4/255" };
        var filled = JsonNode.Parse(await (await client.PostAsJsonAsync("/api/v1/transfers", wanted, Cancel).Ok(202)).Content.ReadAsStringAsync(Cancel))!;
        Assert.Equal(0, (int)filled["missing"]!);
        var cells = filled["cells"]!.AsArray();
        Assert.Equal(["pgd20", "transfer", "transfer", "pgd20"], cells.Select(c => (string)c!["attack"]!));
        // A column is one evaluation, in which every attack is shown all images.
        Assert.Equal(2, cells.Select(c => (string)c!["evaluationId"]!).Distinct().Count());
        Assert.Equal((string)cells[0]!["evaluationId"]!, (string)cells[2]!["evaluationId"]!);
        foreach (var id in cells.Select(c => (string)c!["evaluationId"]!).Distinct())
        {
            await LabServer.Until(_server, id, RunStatus.Completed);
            Assert.Equal("individual", (string)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_server.DataFolder, "runs", id, "request.json"), Cancel))!["mode"]!);
        }

        await client.PostAsJsonAsync("/api/v1/transfers", wanted, Cancel).Ok(202);
        Assert.Equal(2, (await client.GetAsync("/api/v1/evaluations", Cancel).Json())["items"]!.AsArray().Count);
        Assert.Equal(4, (int)(await client.GetAsync(query.Replace("samples=16", "samples=17", StringComparison.Ordinal), Cancel).Json())["missing"]!);
    }

    [Fact]
    public async Task Wrong_fields_are_named()
    {
        var (client, runs) = await Trained();
        foreach (var (query, field) in new[] { ($"runs={runs[0]}", "runs"), ($"runs={runs[0]},{runs[1]}&eps=8", "eps"), ($"runs={runs[0]},{runs[1]}&samples=0", "samples") })
            Assert.NotNull((await client.GetAsync($"/api/v1/transfers?{query}", Cancel).Refused(400, "validation"))["errors"]![field]);
        await client.GetAsync($"/api/v1/transfers?data={Shapes32.Id}&runs={runs[0]},{Guid.CreateVersion7()}", Cancel).Refused(404, "not-found");
    }

    private async Task<(HttpClient Client, string[] Runs)> Trained()
    {
        using (var reader = new Shapes32(80, 32)) Importer.Import(Path.Combine(_server.DataFolder, "datasets"), Shapes32.Id, Shapes32.Title, reader, TimeProvider.System);
        var client = await _server.Key();
        var runs = new[] { await LabServer.Queue(_server, new Script(Epochs: 1)), await LabServer.Queue(_server, new Script(Epochs: 1)) };
        foreach (var run in runs) await LabServer.Until(_server, run.Id, RunStatus.Completed);
        return (client, [.. runs.Select(r => r.Id)]);
    }
}
