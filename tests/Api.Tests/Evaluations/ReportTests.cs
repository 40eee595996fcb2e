using System.Buffers.Binary;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Evaluations;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Evaluations;

public sealed class ReportTests : IDisposable
{
    private readonly Server _server = LabServer.New();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Statistics_csv_and_comparison_follow_from_the_outcomes()
    {
        var (client, run) = await Trained();
        var id = await Evaluated(client, run, seed: 1, tried: false);
        var statistics = await client.GetAsync($"/api/v1/evaluations/{id}/statistics", Cancel).Json();
        Assert.Equal((4, 3, 1), ((int)statistics["images"]!, (int)statistics["clean"]!["right"]!, (int)statistics["robust"]!["right"]!));
        Assert.Equal([2, 1], statistics["attacks"]!.AsArray().Select(a => (int)a!["broke"]!));
        Assert.False((bool)statistics["cascade"]!);
        Assert.Equal("red disk", (string?)statistics["classes"]![0]!["name"]);

        var csv = (await (await client.GetAsync($"/api/v1/evaluations/{id}/outcomes.csv", Cancel).Ok()).Content.ReadAsStringAsync(Cancel)).Split("\r\n");
        Assert.StartsWith("index,label,predicted,adversarial,first,fgsm.tried,fgsm.broken", csv[0], StringComparison.Ordinal);
        Assert.StartsWith("0,0,0,1,fgsm,1,1,0,1,0.03", csv[1], StringComparison.Ordinal);
        Assert.Equal("7,1,0,0,,0,,,,,,,,,0,,,,,,,,", csv[4]);
        Assert.All(csv.SkipLast(1), line => Assert.Equal(csv[0].Count(c => c == ','), line.Count(c => c == ',')));

        var results = await client.GetAsync($"/api/v1/evaluations/{id}/results.json", Cancel).Json();
        Assert.Equal(Shapes32.Id, (string?)results["data"]);

        var same = await client.GetAsync($"/api/v1/evaluations/{id}/compare?with={id}", Cancel).Json();
        Assert.StartsWith("No difference", (string?)same["paired"]!["sentence"], StringComparison.Ordinal);
        var cascade = await Evaluated(client, run, seed: 2, tried: true);
        var paired = (await client.GetAsync($"/api/v1/evaluations/{id}/compare?with={cascade}", Cancel).Json())["paired"]!;
        Assert.Equal((4, "worst case", 0), ((int)paired["images"]!, (string)paired["rows"]!.AsArray()[^1]!["name"]!, (int)paired["rows"]!.AsArray()[^1]!["verdict"]!["onlyFirst"]!));
        Assert.True((bool)(await client.GetAsync($"/api/v1/evaluations/{cascade}/statistics", Cancel).Json())["cascade"]!);
    }

    [Fact]
    public async Task Evaluations_of_other_images_are_not_compared()
    {
        var (client, run) = await Trained();
        var (one, train) = (await Evaluated(client, run, 1, false), await Evaluated(client, run, 1, false, split: "train"));
        var problem = await client.GetAsync($"/api/v1/evaluations/{one}/compare?with={train}", Cancel).Refused(422, "unprocessable");
        Assert.Contains("different splits of 'shapes32': test and train", problem["errors"]!["with"]![0]!.ToString(), StringComparison.Ordinal);
        await client.GetAsync($"/api/v1/evaluations/{one}/compare?with=none", Cancel).Refused(404, "not-found");
        await client.GetAsync($"/api/v1/evaluations/{one}/compare", Cancel).Refused(400, "validation");
    }

    [Fact]
    public async Task Images_are_shown_clean_attacked_and_as_their_difference()
    {
        var (client, run) = await Trained();
        var id = await Evaluated(client, run, 1, false);
        var address = $"/api/v1/evaluations/{id}/images";
        await client.GetAsync($"{address}/0.png", Cancel).Ok();
        var problem = await client.GetAsync($"{address}/0.png?view=adversarial", Cancel).Refused(404, "not-found");
        Assert.Contains("kept no attacked images", (string?)problem["detail"], StringComparison.Ordinal);

        KeepAttacked(id);
        var (clean, adversarial) = (Values(await Bytes($"{address}/5.npy")), Values(await Bytes($"{address}/5.npy?view=adversarial")));
        Assert.Equal(3 * 32 * 32, clean.Length);
        Assert.All(adversarial, v => Assert.Equal(0.25f, v));
        Assert.Equal(adversarial.Zip(clean, (x, c) => x - c), Values(await Bytes($"{address}/5.npy?view=difference")));
        Assert.Equal("NUMPY", Encoding.ASCII.GetString((await Bytes($"{address}/5.npy"))[1..6]));
        // 5 amplified by 2 around grey, rounded.
        var shown = PngFile.Decode(await Bytes($"{address}/5.png?view=difference&amplify=2"), ImageLimits.Default);
        Assert.Equal(Math.Round(255 * Math.Clamp(0.5 + 2 * (0.25 - clean[0]), 0, 1), MidpointRounding.AwayFromZero), shown.Pixels[0]);

        problem = await client.GetAsync($"{address}/6.png?view=adversarial", Cancel).Refused(404, "not-found");
        Assert.Contains("no attack of this evaluation broke image 6, or there was no room", (string?)problem["detail"], StringComparison.Ordinal);
        await client.GetAsync($"{address}/99999.png", Cancel).Refused(404, "not-found");
        await client.GetAsync($"{address}/5.png?view=x-ray", Cancel).Refused(400, "validation");
        await client.GetAsync($"{address}/5.png?view=difference&amplify=0", Cancel).Refused(400, "validation");

        async Task<byte[]> Bytes(string path) => await (await client.GetAsync(path, Cancel).Ok()).Content.ReadAsByteArrayAsync(Cancel);
    }

    [Fact]
    public async Task Before_the_end_there_are_no_figures_of_single_images()
    {
        var (client, run) = await Trained();
        var id = await Queued(client, run, 1, "test");
        foreach (var what in new[] { "statistics", "outcomes.csv", "results.json", "images/0.png", $"compare?with={id}" })
            await client.GetAsync($"/api/v1/evaluations/{id}/{what}", Cancel).Refused(409, "conflict");
        await client.GetAsync("/api/v1/evaluations/none/statistics", Cancel).Refused(404, "not-found");
    }

    [Fact]
    public async Task The_list_is_narrowed_by_status_name_and_data_set_and_names_what_the_figure_is()
    {
        var (client, run) = await Trained();
        var id = await Queued(client, run, 1, "test", "autoattack", "nightly");
        async Task<int> Count(string query) => (await client.GetAsync($"/api/v1/evaluations?{query}", Cancel).Json())["items"]!.AsArray().Count;
        Assert.Equal((1, 0, 1, 0, 1, 0), (await Count("status=completed,failed"), await Count("status=running"), await Count("text=NIGHT"), await Count("text=day"),
            await Count($"datasetId={Shapes32.Id}"), await Count("datasetId=mnist")));
        await client.GetAsync("/api/v1/evaluations?status=asleep", Cancel).Refused(400, "validation");
        var shown = await client.GetAsync($"/api/v1/evaluations/{id}", Cancel).Json();
        Assert.Equal(("AutoAttack standard, complete", "L∞ 8/255", 4), ((string)shown["grade"]!["title"]!, (string)shown["grade"]!["budget"]!, shown["battery"]!.AsArray().Count));
    }

    private async Task<(HttpClient Client, string Run)> Trained()
    {
        using (var reader = new Shapes32(80, 32)) Importer.Import(Path.Combine(_server.DataFolder, "datasets"), Shapes32.Id, Shapes32.Title, reader, TimeProvider.System);
        var client = await _server.Key();
        var run = await LabServer.Queue(_server, new Script(Epochs: 1));
        await LabServer.Until(_server, run.Id, RunStatus.Completed);
        return (client, run.Id);
    }

    private async Task<string> Queued(HttpClient client, string run, int seed, string split, string battery = "quick", string? name = null)
    {
        var made = await client.PostAsJsonAsync("/api/v1/evaluations", new { runId = run, data = Shapes32.Id, samples = 4, seed, split, battery, name, device = "cpu", precision = "fp32" }, Cancel).Json(202);
        await LabServer.Until(_server, (string)made["id"]!, RunStatus.Completed);
        return (string)made["id"]!;
    }

    // The fake worker evaluates nothing, so its files are written here.
    private async Task<string> Evaluated(HttpClient client, string run, int seed, bool tried, string split = "test")
    {
        var id = await Queued(client, run, seed, split);
        AttackRated Rate(string kind, long right) => new(kind, JsonSerializer.SerializeToElement(new { kind }), Rated.Of(right, 4), 0, 1, 4, 4);
        var version = DatasetShelf.In(_server.DataFolder).Find(Shapes32.Id)!.Version;
        var results = new EvaluationResults("c", "00", Shapes32.Id, version, split, 4, seed, "fp32", Rated.Of(3, 4), [Rate("fgsm", 1), Rate("pgd10", 1)], Rated.Of(1, 4));
        await File.WriteAllBytesAsync(Path.Combine(_server.DataFolder, "runs", id, "results.json"), JobJson.Bytes(results), Cancel);
        List<Column> columns = [new("index", [0L, 5L, 6L, 7L]), new("clean.label", [0L, 1L, 1L, 1L]), new("clean.predicted", [0L, 1L, 1L, 0L])];
        void Attack(string name, bool[] given, bool[] broken, long[] after)
        {
            if (tried) columns.Add(new($"{name}.tried", given));
            columns.AddRange([new($"{name}.broken", broken), new($"{name}.error", new bool[4]), new($"{name}.predicted", after), new($"{name}.linf", [0.03f, 0.03f, 0.03f, 0f]), new($"{name}.l2", new float[4])]);
        }

        Attack("fgsm", [true, true, true, false], [true, true, false, true], [1, 2, 1, 0]);
        Attack("pgd10", [false, false, true, false], [true, false, false, true], [3, 1, 1, 0]);
        TensorFile.Write(Path.Combine(_server.DataFolder, "runs", id, OutcomeFiles.All), columns);
        return id;
    }

    private void KeepAttacked(string id) => TensorFile.Write(Path.Combine(_server.DataFolder, "runs", id, EvaluationImages.Kept),
        [new("index", [0L, 5L]), new("attack", [1L, 1L]), new("x", (float[])[.. Enumerable.Repeat(0.75f, 3072), .. Enumerable.Repeat(0.25f, 3072)], [2, 3, 32, 32])]);

    private static float[] Values(byte[] npy)
    {
        var at = 10 + BinaryPrimitives.ReadUInt16LittleEndian(npy.AsSpan(8));
        Assert.Equal(0, at % 64);
        return [.. Enumerable.Range(0, (npy.Length - at) / 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(npy.AsSpan(at + 4 * i)))];
    }
}
