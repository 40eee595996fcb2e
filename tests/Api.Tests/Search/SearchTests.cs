using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Search;

public sealed class SearchTests : IDisposable
{
    private readonly Server _server = LabServer.New();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Things_are_found_by_words_in_any_order_and_by_id()
    {
        var client = await _server.Key(UserRole.Viewer);
        var run = await LabServer.Queue(_server, new Script(Epochs: 1));
        await LabServer.Until(_server, run.Id, RunStatus.Completed);

        var hit = (await client.GetAsync("/api/v1/search?q=TE", Cancel).Json())["items"]!.AsArray().Single(h => (string?)h!["kind"] == "run")!;
        Assert.Equal((run.Id, "test", $"runs/{run.Id}"), ((string)hit["id"]!, (string)hit["title"]!, (string)hit["page"]!));
        Assert.NotEmpty((await client.GetAsync($"/api/v1/search?q={run.Id[^8..]}%20test", Cancel).Json())["items"]!.AsArray());
        Assert.Empty((await client.GetAsync("/api/v1/search?q=test%20nowhere", Cancel).Json())["items"]!.AsArray());
        Assert.Empty((await client.GetAsync("/api/v1/search?q=%25", Cancel).Json())["items"]!.AsArray());
        Assert.Empty((await client.GetAsync("/api/v1/search", Cancel).Json())["items"]!.AsArray());
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=21", "limit")]
    public async Task A_wrong_limit_is_named(string query, string field)
    {
        var client = await _server.Key(UserRole.Viewer);
        var problem = await client.GetAsync($"/api/v1/search?q=x&{query}", Cancel).Refused(400, "validation");
        Assert.NotNull(problem["errors"]![field]);
    }

    [Fact]
    public async Task A_long_question_is_refused()
    {
        var client = await _server.Key(UserRole.Viewer);
        await client.GetAsync($"/api/v1/search?q={new string('x', 201)}", Cancel).Refused(400, "validation");
    }
}
