using System.Text.Json.Nodes;
using WebLab.Api.Compare;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Compare;

public sealed class ComparisonTests : IDisposable
{
    private readonly Server _server = LabServer.New();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Runs_are_set_side_by_side_and_missing_ones_are_named()
    {
        var client = await _server.Key(UserRole.Viewer);
        var (one, three) = (await Done(1), await Done(3));

        var found = await client.GetAsync($"/api/v1/compare?runs={three},gone,{one}", Cancel).Json();

        Assert.Equal([three, one], found["runs"]!.AsArray().Select(r => (string)r!["id"]!));
        Assert.Equal(["gone"], found["missing"]!.AsArray().Select(m => (string)m!));
        Assert.NotEqual((string)found["runs"]![0]!["name"]!, (string)found["runs"]![1]!["name"]!);
        var robust = found["figures"]!.AsArray().Single(f => (string)f!["key"]! == "probe.pgd10")!;
        Assert.Equal([0.3, 0.1], robust["values"]!.AsArray().Select(v => Math.Round((double)v!, 6)));
        Assert.Equal([0], robust["best"]!.AsArray().Select(b => (int)b!));
        var epochs = found["recipe"]!.AsArray().Single(r => (string)r!["path"]! == "epochs")!;
        Assert.True((bool)epochs["differs"]!);
        var differing = await client.GetAsync($"/api/v1/compare?runs={three},{one}&only=differences", Cancel).Json();
        Assert.All(differing["figures"]!.AsArray().Concat(differing["recipe"]!.AsArray()), r => Assert.True((bool)r!["differs"]!));
        Assert.DoesNotContain(differing["figures"]!.AsArray(), f => (string)f!["key"]! == "probe.clean");
    }

    [Fact]
    public async Task Figures_come_as_a_table_of_the_wanted_kind()
    {
        var client = await _server.Key(UserRole.Viewer);
        var runs = $"{await Done(1)},{await Done(2)}";
        async Task<(string? Type, string Text)> Get(string format)
        {
            using var answer = await client.GetAsync($"/api/v1/compare?runs={runs}&format={format}", Cancel).Ok();
            return (answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync(Cancel));
        }

        var (markdown, latex, csv) = (await Get("markdown"), await Get("latex"), await Get("csv"));

        Assert.Equal(("text/markdown", "text/x-tex", "text/csv"), (markdown.Type, latex.Type, csv.Type));
        Assert.Contains("| PGD-10 accuracy, probe (%) | 10.0 | **20.0** |", markdown.Text, StringComparison.Ordinal);
        Assert.Contains(@"PGD-10 accuracy, probe (\%) & 10.0 & \textbf{20.0} \\", latex.Text, StringComparison.Ordinal);
        Assert.Contains("\"PGD-10 accuracy, probe\",0.1,0.2", csv.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_compared_is_refused_with_its_reason()
    {
        var client = await _server.Key(UserRole.Viewer);
        await client.GetAsync("/api/v1/compare", Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/compare?runs=one", Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/compare?runs=a,a", Cancel).Refused(400, "validation");
        await client.GetAsync($"/api/v1/compare?runs={string.Join(',', Enumerable.Range(0, 21))}", Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/compare?runs=a,b&format=word", Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/compare?runs=a,b&only=half", Cancel).Refused(400, "validation");
        await client.GetAsync("/api/v1/compare?runs=a,b&group=colour", Cancel).Refused(400, "validation");
        await _server.Anonymous().GetAsync("/api/v1/compare?runs=a,b", Cancel).Refused(401, "unauthenticated");
        Assert.Empty(JsonNode.Parse(await client.GetStringAsync("/api/v1/compare/paired?runs=a,b", Cancel))!.AsArray());
    }

    [Fact]
    public void A_recipe_becomes_its_leaves()
    {
        var flat = ComparisonService.Flat(JsonNode.Parse("""{"name":"n","data":{"id":"x","version":null,"augment":[{"kind":"flip"}]},"schedule":{"milestones":[0.5,0.7]},"seed":1}""")!).ToList();

        Assert.Equal(["data.id", "data.augment[0].kind", "schedule.milestones", "seed"], flat.Select(f => f.Path));
    }

    private async Task<string> Done(int epochs)
    {
        var run = await LabServer.Queue(_server, new Script(Epochs: epochs, StepMs: 0));
        await LabServer.Until(_server, run.Id, RunStatus.Completed);
        return run.Id;
    }
}
