using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Notices;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Notices;

public sealed class NoticeTests : IDisposable
{
    private readonly Server _server = LabServer.New();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_finished_and_a_failed_run_are_told_and_marked_read()
    {
        var client = await _server.Session(UserRole.Viewer);
        await LabServer.Queue(_server, new Script(Epochs: 2));
        await LabServer.Queue(_server, new Script(Epochs: 3, Fail: "nan-loss"));
        var notices = await Until(client, 2);
        Assert.Equal(["failed", "finished"], notices.Select(n => (string)n!["kind"]!).Order(StringComparer.Ordinal));
        Assert.Equal("Clean accuracy 90.0 %, best robust accuracy 20.0 %.", (string?)notices.Single(n => (string?)n!["kind"] == "finished")!["text"]);
        Assert.Equal(2, (int)(await client.GetAsync("/api/v1/notices/unread", Cancel).Json())["unread"]!);

        await client.PostAsync($"/api/v1/notices/{notices[0]!["id"]}:read", null, Cancel).Ok(204);
        Assert.Single((await client.GetAsync("/api/v1/notices?unread=true", Cancel).Json())["items"]!.AsArray());
        await client.PostAsync("/api/v1/notices:read-all", null, Cancel).Ok(204);
        Assert.Equal(0, (int)(await client.GetAsync("/api/v1/notices/unread", Cancel).Json())["unread"]!);
        await client.PostAsync("/api/v1/notices/none:read", null, Cancel).Refused(404, "not-found");
    }

    [Fact]
    public async Task A_notice_belongs_to_one_person_who_chose_its_kind()
    {
        var (wants, wantsNot) = (await _server.Session(UserRole.Viewer), await _server.Session(UserRole.Viewer));
        await wantsNot.PatchAsJsonAsync("/api/v1/auth/preferences", new { notices = new[] { "failed" } }, Cancel).Ok();
        await LabServer.Queue(_server, new Script(Epochs: 1));
        var notice = (await Until(wants, 1))[0]!;
        Assert.Empty((await wantsNot.GetAsync("/api/v1/notices", Cancel).Json())["items"]!.AsArray());
        await wantsNot.PostAsync($"/api/v1/notices/{notice["id"]}:read", null, Cancel).Refused(404, "not-found");
    }

    [Fact]
    public async Task A_threshold_is_told_once_per_run()
    {
        var client = await _server.Session(UserRole.Viewer);
        await client.PatchAsJsonAsync("/api/v1/auth/preferences", new { thresholds = new[] { new { metric = "probe.pgd10", comparison = ">=", value = 0.2 } } }, Cancel).Ok();
        await LabServer.Queue(_server, new Script(Epochs: 5));
        var notices = await Until(client, 2);
        var reached = notices.Single(n => (string?)n!["kind"] == "threshold")!;
        Assert.Equal(("test: probe.pgd10 >= 0.2", "probe.pgd10 is 0.2 after epoch 2."), ((string)reached["title"]!, (string)reached["text"]!));
    }

    // The bell rings when there is something new; nobody waits by the clock.
    private async Task<JsonArray> Until(HttpClient client, int count)
    {
        var bell = _server.Services.GetRequiredService<NoticeBell>();
        while (true)
        {
            var rung = bell.Next;
            var items = (await client.GetAsync("/api/v1/notices", Cancel).Json())["items"]!.AsArray();
            if (items.Count >= count) return items;
            await rung.WaitAsync(Cancel);
        }
    }
}
