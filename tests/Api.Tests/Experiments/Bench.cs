using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using Xunit;

namespace WebLab.Api.Tests.Experiments;

/// <summary>A server whose queue rests, and experiments whose runs have the figures that a test gives them.</summary>
public sealed class Bench : IDisposable
{
    public Server Server { get; } = LabServer.New();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static JsonObject Recipe() => JsonNode.Parse("""
        {
          "data": { "id": "shapes32" }, "model": { "kind": "tinycnn" }, "method": { "kind": "standard" },
          "optimizer": { "kind": "sgd", "lr": 0.1 }, "schedule": { "kind": "constant" }, "training": { "epochs": 2 }
        }
        """)!.AsObject();

    public async Task<HttpClient> Client(UserRole role = UserRole.Admin)
    {
        var client = await Server.Key(role);
        if (role != UserRole.Viewer) await client.PostAsync("/api/v1/queue:pause", null, Cancel).Ok(204);
        return client;
    }

    /// <summary>An experiment with a run for each figure.</summary>
    public async Task<string> Make(HttpClient client, string name, double?[]? robust = null, RunStatus status = RunStatus.Completed, double seconds = 60, JsonObject? recipe = null)
    {
        var made = await client.PostAsJsonAsync("/api/v1/experiments", new { name, recipe = recipe ?? Recipe(), seeds = Enumerable.Range(0, robust?.Length ?? 1), start = robust is not null }, Cancel).Json(201);
        var id = (string)made["id"]!;
        var start = Server.Time.GetUtcNow();
        await Server.Services.GetRequiredService<LabStore>().Write(c =>
        {
            foreach (var (run, i) in c.Runs.Where(r => r.ExperimentId == id).OrderBy(r => r.Id).ToList().Select((r, i) => (r, i)))
            {
                (run.Status, run.CleanAccuracy, run.RobustAccuracy, run.BestRobustAccuracy) = (status, robust![i] + 0.1, robust[i], robust[i]);
                (run.StartedAt, run.FinishedAt) = (start, start.AddSeconds(seconds));
            }
        }, Cancel);
        return id;
    }

    public static async Task<List<string>> Names(HttpClient client, string query) =>
        [.. (await client.GetAsync("/api/v1/experiments" + query, Cancel).Json())["items"]!.AsArray().Select(x => (string)x!["name"]!)];

    public void Dispose() => Server.Dispose();
}
