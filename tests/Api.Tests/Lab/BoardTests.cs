using System.IO.Compression;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Lab;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Hubs;
using WebLab.Engine.Images;
using Xunit;

namespace WebLab.Api.Tests.Lab;

public sealed class BoardTests(LabServerFixture lab) : IClassFixture<LabServerFixture>
{
    private const string Pgd = """{"kind":"pgd","eps":"8/255","steps":6,"stopAtSuccess":false}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pictures_by_networks_are_attacked_filmed_and_kept()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var picture = await Send(client, ("photo.png", Photo()));
        var board = await Done(client, new { checkpointIds = new[] { lab.CheckpointId }, pictures = new object[] { Sample(3), new { pictureId = (string?)picture["items"]![0]!["id"] } }, attack = JsonNode.Parse(Pgd) });
        Assert.Equal("done", (string?)board["status"]);
        Assert.Equal((2, 2), ((int)board["done"]!, board["cells"]!.AsArray().Count));
        var cell = board["cells"]![1]!;
        Assert.Contains((string?)cell["verdict"], (string[])["held", "fooled", "fooledUnrounded"]);
        foreach (var name in (string[])["seen", "adversarial", "delta"])
            Assert.Equal("image/png", (await client.GetAsync((string?)cell[name]).Ok()).Content.Headers.ContentType?.MediaType);
        var trace = await client.GetAsync((string?)cell["trace"]).Json();
        Assert.InRange(trace["frames"]!.AsArray().Count, 2, 60);
        var folder = ((string)cell["trace"]!)[..(((string)cell["trace"]!).LastIndexOf('/') + 1)];
        foreach (var name in (string[])["film", "float", "difference"]) await client.GetAsync(folder + (string?)trace[name]).Ok();
        Assert.StartsWith("file,label,", await client.GetStringAsync($"/api/v1/lab/boards/{board["id"]}/table?format=csv", Cancel));

        var stranger = await lab.Server.Key();
        await stranger.GetAsync($"/api/v1/lab/boards/{board["id"]}").Refused(404, "not-found");
        await stranger.GetAsync((string?)cell["trace"]).Refused(404, "not-found");
        await client.GetAsync(folder + "board.json").Refused(404, "not-found");
    }

    [Fact]
    public async Task A_corruption_changes_the_picture_without_an_attack()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var board = await Done(client, new { checkpointIds = new[] { lab.CheckpointId }, pictures = new object[] { Sample(0) }, corruption = new { kind = "contrast", severity = 5 } });
        var outcome = board["cells"]![0]!["outcome"]!;
        Assert.True((double)outcome["linf"]! > 0.1);
        Assert.Equal((0, 0), ((int)outcome["forwards"]!, outcome["losses"]!.AsArray().Count));
        var seen = await client.GetByteArrayAsync((string?)board["cells"]![0]!["adversarial"], Cancel);
        Assert.Equal(await client.GetByteArrayAsync("/api/v1/datasets/shapes32/samples/test/0/corruptions/contrast/5.png", Cancel), seen);
    }

    [Fact]
    public async Task Events_end_with_the_result_and_the_hub_says_where_it_is()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var begun = await client.PostAsJsonAsync("/api/v1/lab/boards", new { checkpointIds = new[] { lab.CheckpointId }, pictures = new object[] { Sample(1) }, attack = JsonNode.Parse(Pgd) }).Json(202);
        var text = await client.GetStringAsync($"/api/v1/lab/boards/{begun["id"]}/events", Cancel);
        Assert.Contains("event: result", text);
        await using var hub = await HubClient.Connect(lab.Server, client, Cancel);
        await hub.Call("SubscribeLab", Cancel, (string)begun["id"]!);
        var news = await hub.News(Cancel);
        Assert.Equal(($"lab:{begun["id"]}", "result", $"/api/v1/lab/boards/{begun["id"]}"), ((string?)news["stream"], (string?)news["type"], (string?)news["data"]!["address"]));
        await hub.Call("SubscribeLab", Cancel, "nothing");
        Assert.Contains("does not exist", (await Failed(hub))!);
    }

    [Fact]
    public async Task A_history_has_a_column_for_every_checkpoint()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var models = await client.GetAsync("/api/v1/checkpoints").Json();
        var begun = await client.PostAsJsonAsync("/api/v1/lab/histories", new { runId = (string?)models["items"]![0]!["runId"], picture = Sample(2), attack = JsonNode.Parse(Pgd) }).Json(202);
        var board = await End(client, begun);
        Assert.Equal("history", (string?)board["kind"]);
        Assert.Single(board["cells"]!.AsArray());
        Assert.Null(board["cells"]![0]!["trace"]);
        await client.PostAsJsonAsync("/api/v1/lab/histories", new { runId = "none", picture = Sample(2), attack = JsonNode.Parse(Pgd) }).Refused(404, "not-found");
    }

    [Fact]
    public async Task A_batch_answers_for_every_file_and_loses_none()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var form = Batch();
        form.Add(new StringContent("folders"), "labels");
        form.Add(new ByteArrayContent(Photo()), "image", "0/=1.png");
        form.Add(new ByteArrayContent(Photo()), "image", "nowhere/2.png");
        form.Add(new ByteArrayContent([1, 2, 3]), "image", "0/3.txt");
        var board = await End(client, await client.PostAsync("/api/v1/lab/batches", form).Json(202));
        var rows = JsonNode.Parse(await client.GetStringAsync($"/api/v1/lab/boards/{board["id"]}/table", Cancel))!.AsArray();
        Assert.Equal(["0/=1.png", "nowhere/2.png", "0/3.txt"], rows.Select(r => (string?)r!["file"]));
        Assert.Equal([true, false, false], rows.Select(r => (bool)r!["labelGiven"]!));
        Assert.Equal("rejected", (string?)rows[2]!["verdict"]);
        Assert.NotNull((string?)rows[2]!["reason"]);
    }

    [Fact]
    public async Task An_archive_is_a_batch_and_a_broken_one_is_refused()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var name in (string[])["a.png", "deep/b.png"])
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(Photo());
            }
        var form = Batch();
        form.Add(new ByteArrayContent(zip.ToArray()), "archive", "two.zip");
        var board = await End(client, await client.PostAsync("/api/v1/lab/batches", form).Json(202));
        Assert.Equal(["a.png", "deep/b.png"], board["pictures"]!.AsArray().Select(p => (string?)p!["source"]!["fileName"]));
        Assert.Equal(2, board["cells"]!.AsArray().Count);
        form = Batch();
        form.Add(new ByteArrayContent([.. "PK"u8, 1, 2, 3]), "archive", "broken.zip");
        Assert.NotNull((await client.PostAsync("/api/v1/lab/batches", form).Refused(422, "unprocessable"))["errors"]!["archive"]);
    }

    /// <summary>The whole corpus of good, odd and hostile files in batches: each is a row, with an answer or a reason.</summary>
    [Fact]
    public async Task Every_upload_of_the_corpus_is_a_row_of_a_batch()
    {
        var root = SharedData.Require("uploads");
        var client = await lab.Server.Key(UserRole.Researcher);
        var names = File.ReadLines(Path.Combine(root, "MANIFEST.tsv")).Skip(1).Select(l => l.Split('\t')[0]).ToList();
        var shown = 0;
        foreach (var part in names.Chunk(256))
        {
            var form = Batch();
            foreach (var name in part) form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(root, name), Cancel)), "image", name);
            var board = await End(client, await client.PostAsync("/api/v1/lab/batches", form).Json(202));
            Assert.Equal("done", (string?)board["status"]);
            Assert.Equal(part.Length, board["pictures"]!.AsArray().Count + board["rejected"]!.AsArray().Count);
            Assert.All(board["rejected"]!.AsArray(), r => Assert.NotEmpty((string)r!["reason"]!));
            shown += board["pictures"]!.AsArray().Count;
        }
        Assert.True(shown > 50, $"only {shown} were shown");
    }

    [Theory]
    [InlineData("""{"checkpointIds":["a"],"pictures":[{"pictureId":"x","target":1}],"attack":{"kind":"pgd"}}""", "pictures[0].target")]
    [InlineData("""{"checkpointIds":["a"],"pictures":[{"pictureId":"x","target":1}],"attack":{"kind":"square"}}""", "pictures[0].target")]
    [InlineData("""{"checkpointIds":[],"pictures":[]}""", "checkpointIds", "pictures")]
    [InlineData("""{"checkpointIds":["a","a"],"pictures":[{}]}""", "checkpointIds", "pictures[0]")]
    [InlineData("""{"checkpointIds":["a"],"pictures":[{"pictureId":"x"}],"attack":{"kind":"pgd","steps":900},"seed":-1}""", "attack.steps", "seed")]
    [InlineData("""{"checkpointIds":["a"],"pictures":[{"pictureId":"x"}],"attack":{"kind":"fgsm"},"corruption":{"kind":"mist","severity":6}}""", "corruption", "corruption.kind")]
    public async Task What_is_wrong_with_a_board_is_told_at_its_field(string body, params string[] paths)
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var problem = await client.PostAsync("/api/v1/lab/boards", new StringContent(body, null, "application/json")).Refused(400, "validation");
        foreach (var path in paths) Assert.True(problem["errors"]!.AsObject().ContainsKey(path), problem.ToJsonString());
    }

    [Fact]
    public async Task What_is_missing_or_forbidden_is_refused()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        await client.PostAsJsonAsync("/api/v1/lab/boards", new { checkpointIds = new[] { "none" }, pictures = new object[] { Sample(0) } }).Refused(404, "not-found");
        await client.PostAsJsonAsync("/api/v1/lab/boards", new { checkpointIds = new[] { lab.CheckpointId }, pictures = new object[] { new { pictureId = "none" } } }).Refused(404, "not-found");
        await client.GetAsync("/api/v1/lab/boards/none").Refused(404, "not-found");
        await client.PostAsync("/api/v1/lab/boards/none:cancel", null).Refused(404, "not-found");
        await client.PostAsync("/api/v1/lab/batches", Batch()).Refused(400, "validation");
        await client.PostAsync("/api/v1/lab/pictures", new StringContent("{}", null, "application/json")).Refused(415, "unsupported-media-type");
        var viewer = await lab.Server.Key(UserRole.Viewer);
        await viewer.PostAsJsonAsync("/api/v1/lab/boards", new { checkpointIds = new[] { lab.CheckpointId }, pictures = new object[] { Sample(0) } }).Refused(403, "forbidden");
    }

    [Fact]
    public async Task Pictures_that_cannot_be_used_are_listed_beside_those_that_can()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var sent = await Send(client, ("good.png", Photo()), ("bad.png", [0, 1, 2]));
        Assert.Equal("good.png", (string?)sent["items"]![0]!["source"]!["fileName"]);
        Assert.Equal("bad.png", (string?)sent["rejected"]![0]!["fileName"]);
        await client.GetAsync((string?)sent["items"]![0]!["preview"]).Ok();
        await (await lab.Server.Key()).GetAsync((string?)sent["items"]![0]!["preview"]).Refused(404, "not-found");
    }

    [Fact]
    public async Task A_board_that_the_server_left_is_found_with_what_it_was_made_of()
    {
        using var own = new LabServerFixture();
        var client = await own.Server.Key(UserRole.Researcher);
        var begun = await client.PostAsJsonAsync("/api/v1/lab/boards", Slow(own)).Json(202);
        var id = (string)begun["id"]!;
        // What the next server finds: the same folder and rows, and nothing that is played.
        var next = ActivatorUtilities.CreateInstance<LabBoards>(own.Server.Services);
        await using var read = own.Server.Services.GetRequiredService<LabStore>().Read();
        var user = read.LabSessions.Single(s => s.Id == id).UserId!;
        var found = await next.Get(id, user, Cancel);
        Assert.Equal((BoardStatus.Interrupted, 8, "cw-l2"), (found.Status, found.Pictures.Count, (string?)found.Attack?["kind"]));
        Assert.True(File.Exists(await next.PathOf(id, "0-original.png", user, Cancel)));
        var news = new List<BoardNews>();
        await foreach (var one in next.Watch(id, user, Cancel)) news.Add(one);
        Assert.Equal(BoardNews.Result, Assert.Single(news).Type);
        await client.PostAsync($"/api/v1/lab/boards/{id}:cancel", null).Json(202);
        Assert.Equal("cancelled", (string?)(await End(client, begun))["status"]);
    }

    private static object Slow(LabServerFixture lab) => new
    {
        checkpointIds = new[] { lab.CheckpointId }, pictures = Enumerable.Range(0, 8).Select(Sample).ToArray(), attack = JsonNode.Parse("""{"kind":"cw-l2","searchSteps":50,"steps":200,"abortEarly":false}"""),
    };

    [Fact]
    public async Task A_board_that_is_cancelled_lets_the_next_one_in()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var first = await client.PostAsJsonAsync("/api/v1/lab/boards", Slow(lab)).Json(202);
        await client.PostAsync($"/api/v1/lab/boards/{first["id"]}:cancel", null).Json(202);
        Assert.Contains((string?)(await End(client, first))["status"], (string[])["cancelled", "done"]);
        Assert.Equal("done", (string?)(await Done(client, new { checkpointIds = new[] { lab.CheckpointId }, pictures = new object[] { Sample(0) }, attack = JsonNode.Parse(Pgd) }))["status"]);
    }

    [Fact]
    public async Task A_shared_board_is_read_without_an_account_until_its_link_ends()
    {
        using var own = new LabServerFixture();
        var client = await own.Server.Key(UserRole.Researcher);
        var board = await Done(client, new { checkpointIds = new[] { own.CheckpointId }, pictures = new object[] { Sample(0) }, attack = JsonNode.Parse(Pgd) });
        var share = await client.PostAsJsonAsync("/api/v1/shares", new { kind = "lab", targetId = (string?)board["id"], title = "A disc" }).Json(201);
        var lasting = await client.PostAsJsonAsync("/api/v1/shares", new { kind = "lab", targetId = (string?)board["id"], title = "For good", expires = false }).Json(201);
        Assert.Equal(2, JsonNode.Parse(await client.GetStringAsync("/api/v1/shares", Cancel))!.AsArray().Count);
        var stranger = own.Server.Anonymous();
        var shown = await stranger.GetAsync($"/api/v1/shares/{share["token"]}").Json();
        Assert.Equal("A disc", (string?)shown["title"]);
        await stranger.GetAsync((string?)shown["lab"]!["cells"]![0]!["adversarial"]).Ok();
        await stranger.GetAsync($"/api/v1/shares/{share["token"]}/files/board.json").Refused(404, "not-found");
        await stranger.DeleteAsync($"/api/v1/shares/{share["token"]}").Refused(401, "unauthenticated");
        await (await own.Server.Key(UserRole.Researcher)).DeleteAsync($"/api/v1/shares/{share["token"]}").Refused(404, "not-found");

        own.Server.Time.Add(TimeSpan.FromDays(15));
        await own.Server.Services.GetRequiredService<LabSessions>().Sweep(Cancel);
        await stranger.GetAsync($"/api/v1/shares/{share["token"]}").Refused(410, "gone");
        await stranger.GetAsync($"/api/v1/shares/{lasting["token"]}").Ok();
        await client.DeleteAsync($"/api/v1/shares/{lasting["token"]}").Ok(204);
        await stranger.GetAsync($"/api/v1/shares/{lasting["token"]}").Refused(410, "gone");
        await own.Server.Services.GetRequiredService<LabSessions>().Sweep(Cancel);
        await client.GetAsync($"/api/v1/lab/boards/{board["id"]}").Refused(404, "not-found");
        await stranger.GetAsync("/api/v1/shares/unknown").Refused(404, "not-found");
    }

    [Theory]
    [InlineData("evaluation", "x", "kind")]
    [InlineData("lab", "", "title")]
    public async Task A_link_that_cannot_be_made_names_its_field(string kind, string title, string path)
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        Assert.NotNull((await client.PostAsJsonAsync("/api/v1/shares", new { kind, targetId = "none", title }).Refused(400, "validation"))["errors"]![path]);
        await client.PostAsJsonAsync("/api/v1/shares", new { kind = "lab", targetId = "none", title = "t" }).Refused(404, "not-found");
    }

    private MultipartFormDataContent Batch() => new() { { new StringContent(lab.CheckpointId), "checkpointIds" }, { new StringContent(Pgd), "attack" } };

    private static async Task<JsonObject> Done(HttpClient client, object body) => await End(client, await client.PostAsJsonAsync("/api/v1/lab/boards", body).Json(202));

    // The event stream ends with the board.
    private static async Task<JsonObject> End(HttpClient client, JsonObject begun)
    {
        await client.GetStringAsync($"/api/v1/lab/boards/{begun["id"]}/events", Cancel);
        return await client.GetAsync($"/api/v1/lab/boards/{begun["id"]}").Json();
    }

    private static async Task<JsonObject> Send(HttpClient client, params (string Name, byte[] Bytes)[] files)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, bytes) in files) form.Add(new ByteArrayContent(bytes), "image", name);
        return await client.PostAsync("/api/v1/lab/pictures", form).Json(201);
    }

    private static async Task<string?> Failed(HubClient hub)
    {
        while (true)
            if ((string?)(await hub.Answer(Cancel))["error"] is { } error) return error;
    }

    private static object Sample(int index) => new { sample = new { datasetId = "shapes32", split = "test", index } };

    private static byte[] Photo() => PngFile.Encode(new RgbImage(90, 60, [.. Enumerable.Range(0, 3 * 60 * 90).Select(i => (byte)(i / 7))]));
}
