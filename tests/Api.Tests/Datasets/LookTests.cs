using System.Net.Http.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Datasets;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Engine.Data;
using Xunit;

namespace WebLab.Api.Tests.Datasets;

public sealed class LookTests : IDisposable
{
    private readonly Server _server = new Server().With("WebLab:Queue:MinFreeBytes", "0");

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Statistics_tell_sizes_balance_and_channels_of_both_splits()
    {
        Draw(40, 20);
        var client = await _server.Key(UserRole.Viewer);

        var found = await client.GetAsync("/api/v1/datasets/shapes32/statistics").Json();

        Assert.Equal((40, 20), ((int)found["train"]!["count"]!, (int)found["test"]!["count"]!));
        Assert.Equal((4, 4), ((int)found["train"]!["least"]!, (int)found["train"]!["most"]!));
        Assert.Equal(3, found["test"]!["mean"]!.AsArray().Count);
        Assert.InRange((double)found["normalisation"]!["shift"]!, 0, 1);
        await client.GetAsync("/api/v1/datasets/none/statistics").Refused(404, "not-found");
    }

    [Fact]
    public void The_mean_of_a_split_is_that_of_its_manifest()
    {
        var manifest = Draw(40, 20);
        var sets = new DatasetService(new Api.Store.DataDirectory(_server.DataFolder));
        var (mean, std) = sets.MeanOf(manifest, Split.Train);
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(manifest.Mean[c], mean[c], 6));
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(manifest.Std[c], std[c], 6));
    }

    [Fact]
    public async Task Versions_say_what_changed()
    {
        Draw(40, 20);
        var newer = Draw(60, 20);
        var client = await _server.Key(UserRole.Viewer);

        var versions = JsonNode.Parse(await client.GetStringAsync("/api/v1/datasets/shapes32/versions", TestContext.Current.CancellationToken))!.AsArray();

        Assert.Equal(2, versions.Count);
        Assert.Equal(newer.Version, (string?)versions[0]!["version"]);
        Assert.Contains("20 more training images", versions[0]!["changes"]!.AsArray().Select(c => (string)c!));
        Assert.Empty(versions[1]!["changes"]!.AsArray());
        await client.GetAsync("/api/v1/datasets/none/versions").Refused(404, "not-found");
    }

    [Fact]
    public async Task Duplicates_are_searched_once_and_kept_with_the_version()
    {
        var manifest = Draw(40, 20);
        var client = await _server.Key(UserRole.Researcher);
        Assert.Equal("absent", (string?)(await client.GetAsync("/api/v1/datasets/shapes32/duplicates").Json())["state"]);

        await client.PostAsJsonAsync("/api/v1/datasets/shapes32:find-duplicates", new { }).Ok(202);
        JsonObject found;
        do found = await client.GetAsync("/api/v1/datasets/shapes32/duplicates").Json();
        while ((string?)found["state"] is "waiting" or "searching");

        Assert.Equal("ready", (string?)found["state"]);
        Assert.Equal(60, (int)found["report"]!["images"]!);
        Assert.True(File.Exists(Path.Combine(_server.DataFolder, "datasets", "shapes32", manifest.Version, "duplicates.json")));
        await client.PostAsync("/api/v1/datasets/shapes32:find-duplicates", null).Ok(200);
        await client.PostAsync("/api/v1/datasets/shapes32:stop-duplicates", null).Ok(200);
        await client.PostAsJsonAsync("/api/v1/datasets/none:find-duplicates", new { }).Refused(404, "not-found");
        await client.PostAsJsonAsync("/api/v1/datasets/shapes32:find-duplicates", new { version = "0000000000000000" }).Refused(404, "not-found");
        var viewer = await _server.Key(UserRole.Viewer);
        await viewer.PostAsJsonAsync("/api/v1/datasets/shapes32:find-duplicates", new { }).Refused(403, "forbidden");
    }

    [Fact]
    public async Task Augmentations_are_previewed_by_the_draws_of_training()
    {
        Draw(40, 20);
        var client = await _server.Key(UserRole.Researcher);
        var wish = new { augment = new object[] { new { kind = "pad-crop", pad = 4 }, new { kind = "flip" } }, indices = new[] { 3, 5 }, seed = 7, epoch = 2, count = 3 };

        var first = await Preview(client, wish).Json();
        var again = await Preview(client, wish).Json();

        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        Assert.Equal([3, 5], first["items"]!.AsArray().Select(i => (int)i!["index"]!));
        Assert.Equal([2, 3, 4], first["items"]![0]!["after"]!.AsArray().Select(e => (int)e!["epoch"]!));
        Assert.Equal(0.5, (double)first["augment"]![1]!["chance"]!);
        var png = Convert.FromBase64String((string)first["items"]![0]!["after"]![0]!["png"]!);
        Assert.True(png.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']));
        await client.GetAsync((string)first["items"]![0]!["before"]!).Ok();
        var other = await Preview(client, new { wish.augment, wish.indices, seed = 8, wish.epoch, wish.count }).Json();
        Assert.NotEqual(first["items"]!.ToJsonString(), other["items"]!.ToJsonString());
    }

    [Fact]
    public async Task A_preview_that_cannot_be_names_its_fields()
    {
        Draw(40, 20);
        var client = await _server.Key(UserRole.Researcher);

        var problem = await Preview(client, new { augment = new object[] { new { kind = "flop" }, new { kind = "flip", chance = 3 } }, indices = new[] { 99 }, crop = 64, seed = -1, epoch = 0, count = 50, split = "test" }).Refused(400, "validation");

        Assert.Equal(["augment[0].kind", "augment[1].chance", "indices", "crop", "seed", "epoch", "count"], problem["errors"]!.AsObject().Select(e => e.Key));
        await Preview(client, new { augment = Array.Empty<object>(), split = "dev" }).Refused(400, "validation");
        await Preview(client, new { }).Refused(400, "validation");
        await client.PostAsJsonAsync("/api/v1/datasets/none:preview-augmentation", new { augment = Array.Empty<object>() }).Refused(404, "not-found");
    }

    private static Task<HttpResponseMessage> Preview(HttpClient client, object wish) => client.PostAsJsonAsync("/api/v1/datasets/shapes32:preview-augmentation", wish);

    private DatasetManifest Draw(int train, int test)
    {
        using var reader = new Shapes32(train, test, 0);
        return Importer.Import(DatasetShelf.In(_server.DataFolder).Folder, Shapes32.Id, Shapes32.Title, reader, _server.Time);
    }
}
