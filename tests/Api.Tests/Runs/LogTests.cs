using System.Text.Json.Nodes;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Runs;

public sealed class LogTests : IDisposable
{
    private readonly Server _server = LabServer.New();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_log_is_leafed_through_in_both_directions_without_gap_or_repetition()
    {
        var client = await _server.Key(UserRole.Viewer);
        var url = await Logged();
        var all = Seqs(await client.GetAsync($"{url}?limit=5000", Cancel).Json());

        var (forward, after) = (new List<long>(), 0L);
        for (var more = true; more;)
        {
            var page = await client.GetAsync($"{url}?limit=3&after={after}", Cancel).Json();
            forward.AddRange(Seqs(page));
            (after, more) = ((long)page["lastSeq"]!, (bool)page["later"]!);
        }

        var (backward, before) = (new List<long>(), long.MaxValue);
        for (var more = true; more;)
        {
            var page = await client.GetAsync($"{url}?limit=3&last=true&before={before}", Cancel).Json();
            backward.InsertRange(0, Seqs(page));
            (before, more) = (backward[0], (bool)page["earlier"]!);
        }

        Assert.True(all.Count > 7);
        Assert.Equal(all, forward);
        Assert.Equal(all, backward);
    }

    [Fact]
    public async Task Levels_and_words_narrow_a_log_and_it_can_be_had_as_a_file()
    {
        var client = await _server.Key(UserRole.Viewer);
        var url = await Logged(fail: "oom");

        var errors = await client.GetAsync($"{url}?level=error&limit=1", Cancel).Json();
        Assert.Equal("oom: It ended in oom.", (string?)errors["items"]!.AsArray().Single()!["text"]);
        Assert.All((await client.GetAsync($"{url}?level=warning,error", Cancel).Json())["items"]!.AsArray(), l => Assert.NotEqual("info", (string?)l!["level"]));
        Assert.Single((await client.GetAsync($"{url}?q=CHECKPOINT%20e001", Cancel).Json())["items"]!.AsArray());
        using var file = await client.GetAsync($"{url}?format=text&level=error", Cancel).Ok();
        Assert.Equal("text/plain", file.Content.Headers.ContentType?.MediaType);
        Assert.EndsWith("Z error   oom: It ended in oom.\n", await file.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        await client.GetAsync($"{url}?level=loud", Cancel).Refused(400, "validation");
        await client.GetAsync($"{url}?limit=0", Cancel).Refused(400, "validation");
        await client.GetAsync($"{url}?format=word", Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/runs/none/logs", Cancel).Refused(404, "not-found");
    }

    [Fact]
    public async Task Smoothing_is_the_same_whatever_part_of_a_series_is_asked_for()
    {
        var client = await _server.Key(UserRole.Viewer);
        var url = (await Logged()).Replace("/logs", "/metrics", StringComparison.Ordinal);

        var whole = (await client.GetAsync($"{url}?keys=train.loss&smooth=0.9", Cancel).Json())["series"]![0]!;
        var part = (await client.GetAsync($"{url}?keys=train.loss&smooth=0.9&from=5&to=8", Cancel).Json())["series"]![0]!;

        Assert.Equal([5, 6, 7, 8], part["steps"]!.AsArray().Select(s => (int)s!).Distinct());
        Assert.Equal((double)whole["smoothed"]!.AsArray()[whole["steps"]!.AsArray().Select(s => (int)s!).ToList().IndexOf(6)]!,
            (double)part["smoothed"]!.AsArray()[part["steps"]!.AsArray().Select(s => (int)s!).ToList().IndexOf(6)]!);
        Assert.Null((await client.GetAsync($"{url}?keys=train.loss", Cancel).Json())["series"]![0]!["smoothed"]);
        var all = await client.GetAsync(url, Cancel).Json();
        Assert.Equal(4, (double)all["stepsPerEpoch"]!);
        Assert.StartsWith("key,step,epoch,seconds,value,smoothed\n", await client.GetStringAsync($"{url}?keys=train.loss&smooth=0.5&format=csv", Cancel), StringComparison.Ordinal);
        Assert.Equal(["lr", "probe.clean", "probe.pgd10", "train.loss"], JsonNode.Parse(await client.GetStringAsync($"{url}/keys", Cancel))!.AsArray().Select(k => (string)k!["key"]!));
        await client.GetAsync($"{url}?smooth=1", Cancel).Refused(400, "validation");
        await client.GetAsync($"{url}?from=5&to=4", Cancel).Refused(400, "validation");
    }

    private static List<long> Seqs(JsonObject page) => [.. page["items"]!.AsArray().Select(l => (long)l!["seq"]!)];

    private async Task<string> Logged(string? fail = null)
    {
        var run = await LabServer.Queue(_server, new Script(Epochs: 3, StepMs: 0, Fail: fail));
        await LabServer.Until(_server, run.Id, fail is null ? RunStatus.Completed : RunStatus.Failed);
        return $"/api/v1/runs/{run.Id}/logs";
    }
}
