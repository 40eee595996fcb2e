using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Hubs;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Hubs;

public sealed class LabHubTests : IDisposable
{
    private readonly Server _server = LabServer.New();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Fifty_viewers_each_receive_every_epoch_event_also_late_ones_and_those_who_return()
    {
        const int Epochs = 12;
        var key = await _server.Key(UserRole.Viewer);
        var run = await LabServer.Queue(_server, new Script(Epochs: Epochs, StepsPerEpoch: 3, StepMs: 10));
        var log = _server.Services.GetRequiredService<RunLog>();
        var viewers = Enumerable.Range(0, 50).Select(async n =>
        {
            if (n % 3 == 1) await LabServer.Until(log, run.Id, e => e.Type == "epochCompleted" && e.Read<EpochCompleted>().Epoch >= n / 5); // comes late
            var (seqs, epochs) = (new List<long>(), new List<int>());
            while (epochs.Count < Epochs)
            {
                await using var hub = await HubClient.Connect(_server, key, Cancel);
                await hub.Call("SubscribeRun", Cancel, run.Id, seqs.LastOrDefault());
                for (var left = n % 3 == 2 ? 7 : int.MaxValue; left > 0 && epochs.Count < Epochs;) // every third drops again and again
                {
                    var news = await hub.News(Cancel);
                    if ((long)news["seq"]! == 0) continue;
                    left--;
                    seqs.Add((long)news["seq"]!);
                    if ((string?)news["type"] == "epochCompleted") epochs.Add((int)news["data"]!["epoch"]!);
                }
            }
            Assert.Equal(Enumerable.Range(1, seqs.Count).Select(i => (long)i), seqs);
            return epochs;
        }).ToList();
        foreach (var epochs in await Task.WhenAll(viewers)) Assert.Equal(Enumerable.Range(1, Epochs), epochs);
    }

    [Fact]
    public async Task An_unknown_run_is_refused_by_name()
    {
        await using var hub = await HubClient.Connect(_server, await _server.Key(UserRole.Viewer), Cancel);
        await hub.Call("SubscribeRun", Cancel, "none", 0L);
        Assert.Contains("run 'none' does not exist", (string?)(await hub.Answer(Cancel))["error"]);
    }

    [Fact]
    public async Task Without_credentials_there_is_no_hub() =>
        await Assert.ThrowsAnyAsync<Exception>(() => HubClient.Connect(_server, _server.Anonymous(), Cancel));

    public static TheoryData<string> Methods =>
        [.. typeof(LabHub).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(m => m.GetBaseDefinition() == m).Select(m => m.Name)];

    /// <summary>Not even over the connection of somebody who may.</summary>
    [Theory, MemberData(nameof(Methods))]
    public async Task Without_credentials_no_hub_method_is_reached(string method)
    {
        using var opened = await (await _server.Key(UserRole.Admin)).PostAsync($"{LabHub.Path}/negotiate?negotiateVersion=1", null, Cancel);
        var connection = JsonNode.Parse(await opened.Content.ReadAsStringAsync(Cancel))!["connectionToken"]!.GetValue<string>();
        foreach (var place in (string[])[LabHub.Path, $"{LabHub.Path}?id={connection}", $"{LabHub.Path}/negotiate?negotiateVersion=1"])
        {
            using var call = new StringContent($$"""{"type":1,"invocationId":"1","target":"{{method}}","arguments":[]}""" + '\u001e');
            using var answer = await _server.Anonymous().PostAsync(place, call, Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public async Task The_queue_rings_when_a_run_is_queued()
    {
        await using var hub = await HubClient.Connect(_server, await _server.Key(UserRole.Viewer), Cancel);
        await hub.Call("SubscribeQueue", Cancel);
        Assert.Equal("queueChanged", (string?)(await hub.News(Cancel))["type"]);
        await LabServer.Queue(_server, new Script(Epochs: 1));
        Assert.Equal("queueChanged", (string?)(await hub.News(Cancel))["type"]);
    }
}
