using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using Xunit;

namespace WebLab.Api.Tests.Datasets;

public sealed class DatasetTests : IDisposable
{
    private readonly Server _server = new Server().With("WebLab:Queue:MinFreeBytes", "0").With("WebLab:DatasetBytes", "100000");

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_data_set_shows_its_classes_and_images()
    {
        var client = await _server.Key(UserRole.Viewer);
        var manifest = DrawShapes();
        var listed = (await client.GetAsync("/api/v1/datasets").Json())["items"]!.AsArray();
        Assert.Equal(manifest.Version, (string?)Assert.Single(listed)!["version"]);

        var set = await client.GetAsync("/api/v1/datasets/shapes32").Json();
        Assert.Equal(10, set["classes"]!.AsArray().Count);
        Assert.Equal(40, set["classes"]!.AsArray().Sum(c => (int)c!["train"]!));

        var samples = await client.GetAsync("/api/v1/datasets/shapes32/samples?split=test&label=3&count=2").Json();
        Assert.All(samples["items"]!.AsArray(), s => Assert.Equal(3, (int)s!["label"]!));
        foreach (var image in (string[])["samples.png?columns=4&count=10", "samples/train/0.png"])
        {
            using var answer = await client.GetAsync("/api/v1/datasets/shapes32/" + image).Ok();
            Assert.Equal("image/png", answer.Content.Headers.ContentType?.MediaType);
            Assert.True((await answer.Content.ReadAsByteArrayAsync()).AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']));
        }
    }

    [Fact]
    public async Task An_image_is_shown_under_every_corruption()
    {
        var client = await _server.Key(UserRole.Viewer);
        DrawShapes();
        var shown = new List<byte[]>();
        foreach (var kind in Kinds.Corruptions.Entries.Select(e => e.Kind).Where(k => k != "frost"))
        {
            var image = await Png($"{kind}/3.png?seed=4");
            Assert.Equal(image, await Png($"{kind}/3.png?seed=4"));
            shown.Add(image);
        }

        Assert.Equal(19, shown.Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal(await Png("gaussian-noise/3.png"), await Png("gaussian_noise/3.png"));
        await client.GetAsync($"{Sample}/fogg/3.png").Refused(404, "not-found");
        await client.GetAsync($"{Sample}/fog/6.png").Refused(400, "validation");
        Assert.Contains("photographs", (string?)(await client.GetAsync($"{Sample}/frost/1.png").Refused(409, "conflict"))["detail"]);

        async Task<byte[]> Png(string name)
        {
            using var answer = await client.GetAsync($"{Sample}/{name}").Ok();
            Assert.Equal("image/png", answer.Content.Headers.ContentType?.MediaType);
            return await answer.Content.ReadAsByteArrayAsync();
        }
    }

    private const string Sample = "/api/v1/datasets/shapes32/samples/test/1/corruptions";

    [Fact]
    public async Task A_set_without_training_images_shows_its_test_images_and_groups_and_is_not_trained_on()
    {
        var client = await _server.Key();
        ImportCorrupted();
        var set = await client.GetAsync("/api/v1/datasets/corrupted").Json();
        Assert.Equal((0, 5), ((int)set["trainCount"]!, (int)set["testCount"]!));
        Assert.Equal("fog/1", (string?)set["groups"]![0]!["name"]);
        Assert.Equal(5, (int)(await client.GetAsync("/api/v1/datasets/corrupted/samples").Json())["total"]!);
        await client.GetAsync("/api/v1/datasets/corrupted/samples.png").Ok();
        var recipe = new JsonObject
        {
            ["data"] = new JsonObject { ["id"] = "corrupted" }, ["model"] = new JsonObject { ["kind"] = "tinycnn" }, ["method"] = new JsonObject { ["kind"] = "standard" },
            ["optimizer"] = new JsonObject { ["kind"] = "sgd" }, ["schedule"] = new JsonObject { ["kind"] = "constant" },
        };
        var problem = await client.PostAsJsonAsync("/api/v1/experiments", new { name = "none", recipe }).Refused(400, "validation");
        Assert.Contains("no training images", problem["errors"]!.ToJsonString());
    }

    [Theory]
    [InlineData("samples?split=val", "split")]
    [InlineData("samples?label=10", "label")]
    [InlineData("samples?count=0", "count")]
    [InlineData("samples.png?columns=65", "columns")]
    public async Task A_wrong_choice_names_its_parameter(string query, string name)
    {
        var client = await _server.Key();
        DrawShapes();
        var problem = await client.GetAsync("/api/v1/datasets/shapes32/" + query).Refused(400, "validation");
        Assert.NotNull(problem["errors"]![name]);
    }

    [Theory]
    [InlineData("..%2f..%2fweblab.db")]
    [InlineData("%2e%2e")]
    [InlineData("%5c%5chost%5cshare")]
    [InlineData("..%252f..%252fetc")]
    public async Task No_id_leaves_the_data_directory(string id)
    {
        var client = await _server.Key();
        foreach (var path in (string[])[$"datasets/{id}", $"datasets/shapes32/versions/{id}", $"lab/attacks/{id}/images/{id}", $"datasets/shapes32/uploads/{id}"])
        {
            using var answer = await client.GetAsync("/api/v1/" + path);
            Assert.True((int)answer.StatusCode is 400 or 404, $"{path}: {(int)answer.StatusCode}");
        }
    }

    [Fact]
    public async Task A_built_in_set_is_imported_by_a_worker()
    {
        var client = await _server.Key();
        using var answer = await client.PostAsJsonAsync("/api/v1/datasets", new { builtin = "shapes32", train = 50, test = 20 }).Ok(202);
        var run = await client.GetAsync(answer.Headers.Location).Json();
        Assert.Equal("import", (string?)run["kind"], ignoreCase: true);
        var log = _server.Services.GetRequiredService<RunLog>();
        var end = await log.Watch((string)run["id"]!, 0, TestContext.Current.CancellationToken).Where(e => e.Type == "statusChanged")
            .Select(e => e.Read<StatusChanged>().To).FirstAsync(to => to is "completed" or "failed" or "lost", TestContext.Current.CancellationToken);
        Assert.Equal("completed", end);
        Assert.Equal(50, (int)(await client.GetAsync("/api/v1/datasets/shapes32").Json())["trainCount"]!);
        var problem = await client.PostAsJsonAsync("/api/v1/datasets", new { builtin = "imagenet" }).Refused(400, "validation");
        Assert.StartsWith("got 'imagenet', wanted one of shapes32", (string?)problem["errors"]!["builtin"]![0]);
        problem = await client.PostAsJsonAsync("/api/v1/datasets", new { builtin = "mnist", train = 5 }).Refused(400, "validation");
        Assert.NotNull(problem["errors"]!["train"]);
    }

    [Fact]
    public async Task An_upload_cut_twenty_times_arrives_whole()
    {
        var client = await _server.Key();
        var bytes = new byte[50_000];
        new Noise(7).Fill(bytes);
        (bytes[0], bytes[1], bytes[2], bytes[3]) = ((byte)'P', (byte)'K', 3, 4);
        var upload = await Begin(client, bytes.Length);
        var address = $"/api/v1/datasets/mine/uploads/{(string?)upload["id"]}";
        for (var cut = 0; cut < 20; cut++)
        {
            var at = (int)(await client.GetAsync(address).Json())["receivedBytes"]!;
            var end = Math.Min(bytes.Length, at + 2_600);
            if (at == bytes.Length)
                break;
            await Put(client, address, bytes, at, end).Json();
            await Put(client, address, bytes, at, end).Json(); // the answer was lost, the part is sent again
        }
        await client.PostAsJsonAsync(address + ":complete", new { kind = "folders" }).Ok(202);
        var kept = await File.ReadAllBytesAsync(Path.Combine(_server.DataFolder, "uploads", (string)upload["id"]!, "content.bin"), TestContext.Current.CancellationToken);
        Assert.Equal(bytes, kept);
        await client.PostAsJsonAsync(address + ":complete", new { kind = "idx" }).Refused(409, "conflict");
    }

    [Fact]
    public async Task A_part_out_of_place_or_a_file_that_is_no_archive_is_refused()
    {
        var client = await _server.Key();
        var bytes = new byte[1_000];
        var address = $"/api/v1/datasets/mine/uploads/{(string?)(await Begin(client, bytes.Length))["id"]}";
        await Put(client, address, bytes, 10, 20).Refused(416, "range-not-satisfiable");
        await client.PutAsync(address, new ByteArrayContent(bytes)).Refused(400, "validation");
        await client.PostAsJsonAsync(address + ":complete", new { kind = "idx" }).Refused(409, "conflict");
        await Put(client, address, bytes, 0, 1_000).Ok();
        await client.PostAsJsonAsync(address + ":complete", new { kind = "idx" }).Refused(415, "unsupported-media-type");
        await client.DeleteAsync(address).Ok(204);
        await client.GetAsync(address).Refused(404, "not-found");
        await client.PostAsJsonAsync("/api/v1/datasets/mine/uploads", new { fileName = "big.zip", bytes = 100_001 }).Refused(413, "too-large");
        var problem = await client.PostAsJsonAsync("/api/v1/datasets/My Set/uploads", new { fileName = "", bytes = 0 }).Refused(400, "validation");
        Assert.Equal(["id", "fileName", "bytes"], problem["errors"]!.AsObject().Select(e => e.Key));
    }

    [Fact]
    public async Task An_upload_that_nobody_finishes_expires()
    {
        var client = await _server.Key();
        var upload = await Begin(client, 10);
        _server.Time.Add(TimeSpan.FromHours(73));
        await _server.Services.GetRequiredService<WebLab.Api.Datasets.UploadService>().Sweep(TestContext.Current.CancellationToken);
        Assert.Empty(Directory.GetDirectories(_server.Services.GetRequiredService<DataDirectory>().Uploads));
        await client.GetAsync($"/api/v1/datasets/mine/uploads/{(string?)upload["id"]}").Refused(404, "not-found");
    }

    private DatasetManifest DrawShapes()
    {
        using var reader = new Shapes32(40, 20, 0);
        return Importer.Import(DatasetShelf.In(_server.DataFolder).Folder, Shapes32.Id, Shapes32.Title, reader, TimeProvider.System);
    }

    // CIFAR-10-C with one corruption and one image a severity.
    private void ImportCorrupted()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_server.DataFolder, "CIFAR-10-C")).FullName;
        Write("labels.npy", "(5,)", [0, 1, 2, 3, 4]);
        Write("fog.npy", "(5, 32, 32, 3)", new byte[5 * 3072]);
        using var reader = new ImportRequest("cifar10-c", "corrupted").Open(folder, folder, DatasetLimits.Default);
        Importer.Import(DatasetShelf.In(_server.DataFolder).Folder, "corrupted", "Corrupted", reader, TimeProvider.System);

        void Write(string name, string shape, byte[] numbers)
        {
            var header = $"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";
            File.WriteAllBytes(Path.Combine(folder, name), [0x93, .. "NUMPY\u0001\0"u8, 118, 0, .. Encoding.ASCII.GetBytes(header), .. numbers]);
        }
    }

    private static Task<JsonObject> Begin(HttpClient client, int bytes) =>
        client.PostAsJsonAsync("/api/v1/datasets/mine/uploads", new { fileName = "mine.zip", bytes }).Json(201);

    private static Task<HttpResponseMessage> Put(HttpClient client, string address, byte[] bytes, int from, int to)
    {
        var content = new ByteArrayContent(bytes, from, to - from);
        content.Headers.ContentRange = new ContentRangeHeaderValue(from, to - 1, bytes.Length);
        return client.PutAsync(address, content);
    }

    /// <summary>Bytes without pattern, the same in each run.</summary>
    private sealed class Noise(uint seed)
    {
        private uint _state = seed;

        public void Fill(Span<byte> bytes)
        {
            foreach (ref var b in bytes)
            {
                _state = _state * 1664525 + 1013904223;
                b = (byte)(_state >> 24);
            }
        }
    }
}
