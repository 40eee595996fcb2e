using System.Text.Json.Nodes;
using WebLab.Api.Store;
using WebLab.Api.Tests.Http;
using Xunit;

namespace WebLab.Api.Tests.Experiments;

public sealed class ListTests : IDisposable
{
    private readonly Bench _bench = new();
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Every_numeric_column_sorts_both_ways_over_pages_and_what_has_no_number_stands_last()
    {
        var client = await _bench.Client();
        await _bench.Make(client, "low", [0.1, 0.3], seconds: 30);
        await _bench.Make(client, "high", [0.7], seconds: 300);
        await _bench.Make(client, "none");
        await _bench.Make(client, "same as low", [0.1, 0.3, null], seconds: 90);
        foreach (var column in (string[])["clean", "robust", "best"])
        {
            Assert.Equal(["high", "same as low", "low", "none"], await Walk(client, "-" + column));
            Assert.Equal(["same as low", "low", "high", "none"], await Walk(client, column));
        }

        Assert.Equal(["same as low", "low", "high", "none"], await Walk(client, "-seeds"));
        Assert.Equal(["none", "high", "low", "same as low"], await Walk(client, "seeds"));
        Assert.Equal(["high", "same as low", "low", "none"], await Walk(client, "-time"));
        Assert.Equal(["low", "same as low", "high", "none"], await Walk(client, "time"));
    }

    [Fact]
    public async Task Cells_say_mean_sample_deviation_and_number_over_all_seeds()
    {
        var client = await _bench.Client();
        await _bench.Make(client, "three", [0.5, 0.6, 0.7]);
        await _bench.Make(client, "one", [0.5]);
        await _bench.Make(client, "one of two", [0.5, null]);
        var items = (await client.GetAsync("/api/v1/experiments?sort=createdAt", Cancel).Json())["items"]!.AsArray();
        Assert.Equal((0.6, 0.1, 3), (Math.Round((double)items[0]!["robust"]!["mean"]!, 12), Math.Round((double)items[0]!["robust"]!["deviation"]!, 12), (int)items[0]!["robust"]!["count"]!));
        Assert.Null(items[1]!["robust"]!["deviation"]);
        Assert.Equal(1, (int)items[2]!["robust"]!["count"]!);
        Assert.Equal(2, items[2]!["runIds"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_filter_knows_every_column_and_the_trash_counts_the_runs_that_went_with_it()
    {
        var client = await _bench.Client();
        var id = await _bench.Make(client, "two seeds", [0.5, 0.6], seconds: 500);
        await _bench.Make(client, "one seed", [0.4], seconds: 5);
        Assert.Equal(["two seeds"], await Bench.Names(client, "?filter=" + Uri.EscapeDataString("seeds>=2 and time>100 and best>0.5 and status=completed")));
        using var delete = new HttpRequestMessage(HttpMethod.Delete, $"/api/v1/experiments/{id}");
        delete.Headers.Add("If-Match", "*");
        await client.SendAsync(delete, Cancel).Ok(204);
        var item = (await client.GetAsync("/api/v1/experiments?show=trashed&filter=" + Uri.EscapeDataString("seeds=2"), Cancel).Json())["items"]![0]!;
        Assert.Equal(TimeSpan.FromDays(14), (DateTimeOffset)item["purgedAt"]! - (DateTimeOffset)item["trashedAt"]!);
    }

    [Fact]
    public async Task Fields_and_tags_say_what_can_be_written()
    {
        var client = await _bench.Client();
        await _bench.Make(client, "one", [0.5]);
        var fields = await Array(client, "/api/v1/experiments/fields");
        Assert.Equal(["standard"], fields.Single(f => (string?)f!["name"] == "method")!["values"]!.AsArray().Select(v => (string)v!));
        Assert.All(fields.Where(f => (bool)f!["numeric"]!), f => Assert.Empty(f!["values"]!.AsArray()));
        // Each field of the list is known to the filter.
        foreach (var field in fields)
            await client.GetAsync("/api/v1/experiments?filter=" + Uri.EscapeDataString($"{field!["name"]}={((bool)field["numeric"]! ? "1" : (string?)field["name"] == "status" ? "queued" : "x")}"), Cancel).Ok();
        Assert.Empty(await Array(client, "/api/v1/experiments/tags"));
    }

    [Theory]
    [InlineData("status in (queued, running) and robust>=0.5 and tag:baseline")]
    [InlineData("name=\"two words\" and method!=standard")]
    public void A_filter_that_is_written_reads_as_it_was(string text) => Assert.Equal(text, Filter.Write(Filter.Parse(text)));

    [Fact]
    public void A_quick_filter_replaces_its_own_term_and_keeps_the_others()
    {
        Assert.Equal("method=trades and status in (queued, lost)", Filter.With("status=failed and method=trades", "status", new FilterTerm("status", "in", ["queued", "lost"])));
        Assert.Equal("method=trades", Filter.With("status=failed and method=trades", "status", null));
    }

    private static async Task<List<string>> Walk(HttpClient client, string sort)
    {
        var (seen, url) = (new List<string>(), $"/api/v1/experiments?limit=1&sort={sort}");
        while (true)
        {
            var page = await client.GetAsync(url, Cancel).Json();
            seen.AddRange(page["items"]!.AsArray().Select(x => (string)x!["name"]!));
            if ((string?)page["nextCursor"] is not { } cursor) return seen;
            url = $"/api/v1/experiments?limit=1&sort={sort}&cursor={cursor}";
        }
    }

    private static async Task<JsonArray> Array(HttpClient client, string url) => JsonNode.Parse(await (await client.GetAsync(url, Cancel).Ok()).Content.ReadAsStringAsync(Cancel))!.AsArray();
}
