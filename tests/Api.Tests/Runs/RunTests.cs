using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Runs;

public sealed class RunTests : IDisposable
{
    private readonly Server _server = LabServer.New();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_finished_run_shows_its_metrics_events_logs_and_checkpoints()
    {
        var client = await _server.Key(UserRole.Viewer);
        var run = await LabServer.Queue(_server, new Script(Epochs: 3));
        await LabServer.Until(_server, run.Id, RunStatus.Completed);
        var url = $"/api/v1/runs/{run.Id}";

        var detail = await client.GetAsync(url, Cancel).Json();
        Assert.Equal(("completed", 3, 3, 1.0), ((string)detail["status"]!, (int)detail["progress"]!["epoch"]!, (int)detail["progress"]!["epochs"]!, (double)detail["progress"]!["fraction"]!));
        Assert.Empty(detail["actions"]!.AsArray());

        var metrics = await client.GetAsync($"{url}/metrics?keys=probe.*,lr&points=100", Cancel).Json();
        Assert.Equal(["lr", "probe.clean", "probe.pgd10"], metrics["series"]!.AsArray().Select(s => (string)s!["key"]!));
        Assert.Equal([0.1, 0.2, 0.3], metrics["series"]![2]!["values"]!.AsArray().Select(v => (double)v!));
        Assert.Equal([4, 8, 12], metrics["series"]![2]!["steps"]!.AsArray().Select(v => (int)v!));
        var csv = await client.GetStringAsync($"{url}/metrics?format=csv&keys=lr", Cancel);
        Assert.Equal("key,step,epoch,seconds,value\n", csv[..29]);
        Assert.Equal(4, csv.TrimEnd().Split('\n').Length);

        var events = await client.GetAsync($"{url}/events?after=2", Cancel).Json();
        Assert.Equal(3, (int)events["items"]![0]!["seq"]!);
        Assert.Equal((long)detail["lastSeq"]!, (long)events["lastSeq"]!);
        Assert.Equal($"run:{run.Id}", (string)events["items"]![0]!["stream"]!);

        var logs = await client.GetAsync($"{url}/logs?q=completed", Cancel).Json();
        Assert.Equal("finishing -> completed", (string?)logs["items"]!.AsArray().Single()!["text"]);

        var list = JsonNode.Parse(await client.GetStringAsync($"{url}/checkpoints", Cancel))!.AsArray();
        var checkpoint = Assert.Single(list)!;
        using var part = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/checkpoints/{checkpoint["id"]}/files/weights.safetensors");
        part.Headers.Range = new RangeHeaderValue(0, 3);
        using var answer = await client.SendAsync(part, Cancel);
        Assert.Equal((HttpStatusCode.PartialContent, "e003"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)));
        Assert.Equal("\"00\"", answer.Headers.ETag!.Tag);
        await client.GetAsync($"/api/v1/checkpoints/{checkpoint["id"]}/files/..%2F..%2Frun.json", Cancel).Refused(404, "not-found");
    }

    [Fact]
    public async Task A_stream_goes_on_behind_the_last_event_that_was_seen()
    {
        var client = await _server.Key(UserRole.Viewer);
        var run = await LabServer.Queue(_server, new Script(Epochs: 2));
        await LabServer.Until(_server, run.Id, RunStatus.Completed);
        var last = _server.Services.GetRequiredService<RunLog>().Read(run.Id, 0)[^1].Seq;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run.Id}/events");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.Add("Last-Event-ID", "5");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        var ids = new List<long>();
        while (ids.LastOrDefault() < last && await reader.ReadLineAsync(Cancel) is { } line)
            if (line.StartsWith("id: ", StringComparison.Ordinal)) ids.Add(long.Parse(line[4..]));
        Assert.Equal(Enumerable.Range(6, (int)last - 5).Select(i => (long)i), ids);
    }

    [Fact]
    public async Task An_action_is_accepted_once_then_already_done_and_an_illegal_one_lists_the_legal()
    {
        var client = await _server.Key();
        var run = await LabServer.Queue(_server, new Script(Epochs: 1000, StepMs: 20));
        await LabServer.Until(_server, run.Id, RunStatus.Running);
        var url = $"/api/v1/runs/{run.Id}";
        await client.PostAsync($"{url}:pause", null, Cancel).Ok(202);
        await LabServer.Until(_server, run.Id, RunStatus.Paused);
        await client.PostAsync($"{url}:pause", null, Cancel).Ok(200);
        var problem = await client.PostAsync($"{url}:retry", null, Cancel).Refused(409, "invalid-transition");
        Assert.Equal(["resume", "cancel", "kill"], problem["legal"]!.AsArray().Select(a => (string)a!));
        await client.PostAsync($"{url}:cancel", null, Cancel).Ok(202);
        await client.PostAsync($"{url}:cancel", null, Cancel).Ok(200);
        problem = await client.PostAsync($"{url}:resume", null, Cancel).Refused(409, "invalid-transition");
        Assert.Empty(problem["legal"]!.AsArray());
        await client.PostAsync("/api/v1/runs/none:pause", null, Cancel).Refused(404, "not-found");
    }

    [Fact]
    public async Task A_run_goes_to_the_trash_comes_back_and_is_purged_with_its_folder()
    {
        var client = await _server.Key();
        var run = await LabServer.Queue(_server, new Script(Epochs: 1));
        await LabServer.Until(_server, run.Id, RunStatus.Completed);
        var url = $"/api/v1/runs/{run.Id}";
        await client.PostAsync($"{url}:purge", null, Cancel).Refused(409, "invalid-transition");
        await Trash(client, url);
        Assert.Empty((await client.GetAsync("/api/v1/runs", Cancel).Json())["items"]!.AsArray());
        await client.PostAsync($"{url}:restore", null, Cancel).Ok(204);
        Assert.Single((await client.GetAsync("/api/v1/runs", Cancel).Json())["items"]!.AsArray());
        await Trash(client, url);
        await client.PostAsync($"{url}:purge", null, Cancel).Ok(204);
        await client.GetAsync(url, Cancel).Refused(404, "not-found");
        Assert.False(Directory.Exists(Path.Combine(_server.DataFolder, "runs", run.Id)));

        static async Task Trash(HttpClient client, string url)
        {
            using var delete = new HttpRequestMessage(HttpMethod.Delete, url);
            delete.Headers.Add("If-Match", "*");
            await client.SendAsync(delete, Cancel).Ok(204);
        }
    }

    [Fact]
    public void Thinning_keeps_ends_and_extremes_and_the_limit()
    {
        var points = Enumerable.Range(0, 10_000).Select(i => new MetricPoint(i, 1, i, i == 4321 ? 99 : i == 7777 ? -99 : i == 5000 ? float.NaN : MathF.Sin(i / 50f))).ToList();
        var thin = MetricService.Thinned(points, 1000);
        Assert.InRange(thin.Count, 900, 1000);
        Assert.Equal((0, 9999), (thin[0].Step, thin[^1].Step));
        Assert.Contains(thin, p => p.Value == 99);
        Assert.Contains(thin, p => p.Value == -99);
        Assert.Contains(thin, p => float.IsNaN(p.Value));
        Assert.Equal(thin.OrderBy(p => p.Step), thin);
        Assert.Same(points, MetricService.Thinned(points, 10_000));
    }

    [Fact]
    public void Steps_that_a_resumed_attempt_went_over_again_count_once()
    {
        MetricPoint At(int step, float value) => new(step, 1, 0, value);
        var course = MetricService.OneCourse([At(1, 1), At(2, 2), At(3, 3), At(2, 20), At(3, 30), At(4, 40)]);
        Assert.Equal([(1, 1f), (2, 20f), (3, 30f), (4, 40f)], course.Select(p => (p.Step, p.Value)));
    }
}
