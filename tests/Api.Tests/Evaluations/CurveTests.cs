using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Evaluations;

public sealed class CurveTests : IDisposable
{
    private readonly Server _server = LabServer.New();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_curve_is_passed_on_to_the_job_and_served_once_there_is_one()
    {
        var (client, run) = await Trained();
        var made = await client.PostAsJsonAsync("/api/v1/evaluations", new
        {
            runId = run, data = Shapes32.Id, attacks = Array.Empty<object>(), curve = new[] { "0", "4/255", "8/255" }, curveAttack = new { kind = "pgd", norm = "l2", steps = 5 },
        }, Cancel).Ok(202);
        var id = (string)JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancel))!["id"]!;
        await LabServer.Until(_server, id, RunStatus.Completed);
        var folder = Path.Combine(_server.DataFolder, "runs", id);
        var request = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "request.json"), Cancel))!;
        Assert.Equal(("""["0","4/255","8/255"]""", "l2", 5), (request["curve"]!.ToJsonString(), (string?)request["curveAttack"]!["norm"], (int)request["curveAttack"]!["steps"]!));
        // The fake worker tries nothing; of the clean pass, three radii and two audits, those of the curve are over with the job.
        Assert.Equal(5 / 6.0, (double)(await client.GetAsync($"/api/v1/evaluations/{id}", Cancel).Json())["fraction"]!, 9);
        await client.GetAsync($"/api/v1/evaluations/{id}/curve", Cancel).Refused(404, "not-found");

        var curve = new CurveResults(JsonSerializer.SerializeToElement(new { kind = "pgd" }), "l2", [new CurvePoint("4/255", 4 / 255.0, Rated.Of(6, 10), 9, 0, 1, 90, 80)],
            [new CurveAudit(1, "4/255", Rated.Of(7, 10), true, 1, 95, 85)], 0.75);
        var results = new EvaluationResults("c", "00", Shapes32.Id, "v", "test", 10, 0, "fp32", Rated.Of(9, 10), [], null, Curve: curve);
        await File.WriteAllBytesAsync(Path.Combine(folder, "results.json"), JobJson.Bytes(results), Cancel);
        var served = await client.GetAsync($"/api/v1/evaluations/{id}/curve", Cancel).Json();
        Assert.Equal((0.75, "4/255", 0.6, true), ((double)served["area"]!, (string)served["points"]![0]!["radius"]!, (double)served["points"]![0]!["robust"]!["accuracy"]!, (bool)served["audits"]![0]!["agrees"]!));
    }

    [Fact]
    public async Task Wrong_radii_and_attacks_are_refused_by_their_fields()
    {
        var (client, run) = await Trained();
        foreach (var (curve, attack, field) in new (string[], object, string)[]
        {
            (["2/255", "1/255"], new { kind = "pgd" }, "curve[1]"),
            (["some"], new { kind = "pgd" }, "curve[0]"),
            (["0"], new { kind = "pgd" }, "curve"),
            (["1/255"], new { kind = "deepfool" }, "curveAttack.kind"),
            (["1/255"], new { kind = "pgd", stepSize = "1" }, "curveAttack.stepSize"),
        })
        {
            var problem = await client.PostAsJsonAsync("/api/v1/evaluations", new { runId = run, data = Shapes32.Id, curve, curveAttack = attack }, Cancel).Refused(400, "validation");
            Assert.Contains($"\"{field}\"", problem["errors"]!.ToJsonString(), StringComparison.Ordinal);
        }
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
