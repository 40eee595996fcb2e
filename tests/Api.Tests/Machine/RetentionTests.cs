using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Machine;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Machine;

public sealed class RetentionTests : IDisposable
{
    private readonly Server _server = LabServer.New();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_preview_counts_what_the_sweep_then_deletes()
    {
        var client = await _server.Key();
        var (kept, trashed) = (await LabServer.Queue(_server, new Script(Epochs: 1)), await LabServer.Queue(_server, new Script(Epochs: 1)));
        await LabServer.Until(_server, kept.Id, RunStatus.Completed);
        await LabServer.Until(_server, trashed.Id, RunStatus.Completed);
        using var delete = new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/runs/{trashed.Id}");
        delete.Headers.Add("If-Match", "*");
        await client.SendAsync(delete, Cancel).Ok(204);
        for (var i = 0; i < 3; i++) File.WriteAllText(Path.Combine(_server.DataFolder, "backups", $"weblab-2026010{i}-000000-test.db"), "0123456789");
        _server.Time.Add(TimeSpan.FromDays(3));

        var nothing = await Preview(client, new { });
        Assert.Equal(0, (long)nothing["bytes"]!);
        var wanted = new { trashDays = 2, eventDays = 2, backups = 1 };
        var preview = await Preview(client, wanted);
        Assert.Equal((1, 2, 2), (Count(preview, "trash"), Count(preview, "events"), Count(preview, "backups")));
        Assert.Equal(20, (long)Item(preview, "backups")["bytes"]!);
        Assert.True((long)Item(preview, "trash")["bytes"]! > 0);
        Assert.True(Directory.Exists(Path.Combine(_server.DataFolder, "runs", trashed.Id)), "a preview deletes nothing");

        await Change(client, wanted).Ok();
        await _server.Services.GetRequiredService<Retention>().Sweep(Cancel);
        Assert.False(Directory.Exists(Path.Combine(_server.DataFolder, "runs", trashed.Id)));
        var folder = Path.Combine(_server.DataFolder, "runs", kept.Id);
        Assert.False(File.Exists(Path.Combine(folder, "attempt-1", "outbox.jsonl")));
        Assert.True(File.Exists(Path.Combine(folder, "events.jsonl")), "the log of a run stays");
        Assert.Equal(["weblab-20260102-000000-test.db"], Directory.GetFiles(Path.Combine(_server.DataFolder, "backups"), "weblab-*.db").Select(Path.GetFileName));
        Assert.Equal(0, (long)(await Preview(client, new { }))["bytes"]!);
    }

    [Fact]
    public async Task Logs_are_packed_whole_and_there_again_for_whoever_reads_or_goes_on()
    {
        var client = await _server.Key();
        var run = await LabServer.Queue(_server, new Script(Epochs: 3, StepsPerEpoch: 50));
        await LabServer.Until(_server, run.Id, RunStatus.Completed);
        var log = Path.Combine(_server.DataFolder, "runs", run.Id, "events.jsonl");
        var (before, events) = (await File.ReadAllBytesAsync(log, Cancel), await client.GetStringAsync($"/api/v1/runs/{run.Id}/events", Cancel));
        _server.Time.Add(TimeSpan.FromDays(3));
        Assert.Equal(0, Count(await Preview(client, new { }), "logs"));
        var preview = await Preview(client, new { logDays = 2 });
        Assert.Equal(1, Count(preview, "logs"));
        Assert.Equal(before, await File.ReadAllBytesAsync(log, Cancel));

        await Change(client, new { logDays = 2 }).Ok();
        var retention = _server.Services.GetRequiredService<Retention>();
        await retention.Sweep(Cancel);
        Assert.False(File.Exists(log));
        Assert.Equal((long)Item(preview, "logs")["bytes"]!, before.Length - new FileInfo(log + ".gz").Length);
        Assert.Equal(0, Count(await Preview(client, new { }), "logs"));
        Assert.Equal(events, await client.GetStringAsync($"/api/v1/runs/{run.Id}/events", Cancel));
        Assert.Equal(before, await File.ReadAllBytesAsync(log, Cancel));
        Assert.False(File.Exists(log + ".gz"));

        // A log that is packed is written on behind its end.
        await retention.Sweep(Cancel);
        Assert.False(File.Exists(log));
        var (journal, more) = (_server.Services.GetRequiredService<RunLog>(), new NewEvent(DateTimeOffset.UtcNow, 1, "log", System.Text.Json.JsonSerializer.SerializeToElement(new { level = "info", text = "more" })));
        journal.Append(run.Id, journal.End(run.Id), [more]);
        Assert.Equal(before, (await File.ReadAllBytesAsync(log, Cancel))[..before.Length]);
    }

    [Fact]
    public async Task Every_wrong_value_is_named()
    {
        var client = await _server.Key();
        var problem = await Change(client, new { trashDays = -1, eventDays = 0, logDays = 0, auditDays = 3, backups = 0, minFreeBytes = -1, keep = new { bestRobust = false, bestClean = false, last = false } })
            .Refused(400, "validation");
        Assert.Equal(["auditDays", "backups", "eventDays", "keep", "logDays", "minFreeBytes", "trashDays"], problem["errors"]!.AsObject().Select(e => e.Key).Order(StringComparer.Ordinal));
        await client.PatchAsJsonAsync("/api/v1/settings/retention", new { trashDays = 1 }, Cancel).Refused(428, "precondition-required");
        await (await _server.Key(UserRole.Researcher)).GetAsync("/api/v1/settings/retention", Cancel).Refused(403, "forbidden");
    }

    [Fact]
    public async Task The_guard_of_free_space_is_the_policys_when_it_names_one()
    {
        var client = await _server.Key();
        Assert.Null((await client.GetAsync("/api/v1/queue", Cancel).Json())["held"]);
        await Change(client, new { minFreeBytes = 1L << 50 }).Ok();
        Assert.StartsWith("The disk guard holds the queue", (string?)(await client.GetAsync("/api/v1/queue", Cancel).Json())["held"]);
    }

    private static Task<HttpResponseMessage> Change(HttpClient client, object patch)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, "/api/v1/settings/retention") { Content = JsonContent.Create(patch) };
        request.Headers.Add("If-Match", "*");
        return client.SendAsync(request, Cancel);
    }

    private static Task<JsonObject> Preview(HttpClient client, object patch) => client.PostAsJsonAsync("/api/v1/settings/retention:preview", patch, Cancel).Json();

    private static JsonNode Item(JsonObject preview, string what) => preview["items"]!.AsArray().Single(i => (string?)i!["what"] == what)!;

    private static int Count(JsonObject preview, string what) => (int)Item(preview, what)["count"]!;
}
