using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Lab;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;
using Xunit;

namespace WebLab.Api.Tests.Lab;

public sealed class LabTests(LabServerFixture lab) : IClassFixture<LabServerFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sample_is_attacked_and_shown_before_and_after()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        using var answer = await client.PostAsJsonAsync("/api/v1/lab/attacks", Body("""{"kind":"pgd","eps":"8/255","steps":5,"stopAtSuccess":false}""")).Ok(201);
        var view = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
        var item = view["items"]![0]!;
        Assert.Equal(5, item["outcome"]!["before"]!.AsArray().Count);
        Assert.Equal(5, item["outcome"]!["afterRounding"]!.AsArray().Count);
        Assert.InRange((double)item["outcome"]!["linf"]!, 0, 8 / 255.0 + 1e-6);
        foreach (var image in (string[])["original", "seen", "adversarial", "delta"])
        {
            using var png = await client.GetAsync((string?)item[image]).Ok();
            Assert.Equal("image/png", png.Content.Headers.ContentType?.MediaType);
        }
        Assert.Equal((string?)view["id"], (string?)(await client.GetAsync(answer.Headers.Location).Json())["id"]);

        var stranger = await lab.Server.Key();
        await stranger.GetAsync(answer.Headers.Location).Refused(404, "not-found");
        await stranger.GetAsync((string?)item["delta"]).Refused(404, "not-found");
    }

    [Fact]
    public async Task An_uploaded_photograph_is_cut_to_what_the_network_sees()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var picture = PngFile.Encode(new RgbImage(90, 60, [.. Enumerable.Range(0, 3 * 60 * 90).Select(i => (byte)(i / 7))]));
        var view = await client.PostAsync("/api/v1/lab/attacks", Form(picture, "photo.png", """{"kind":"fgsm","eps":"4/255"}""")).Json(201);
        var source = view["items"]![0]!["source"]!;
        Assert.Equal((90, 60, "photo.png"), ((int)source["width"]!, (int)source["height"]!, (string?)source["fileName"]));
        var seen = await client.GetByteArrayAsync((string?)view["items"]![0]!["seen"], Cancel);
        Assert.Equal((32, 32), (seen[19], seen[23]));
    }

    [Fact]
    public async Task Steps_arrive_as_events_before_the_result()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/lab/attacks")
        {
            Content = JsonContent.Create(Body("""{"kind":"pgd","eps":"8/255","steps":4,"stopAtSuccess":false}""", seed: 1)),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var answer = await client.SendAsync(request, Cancel);
        var events = (await answer.Content.ReadAsStringAsync(Cancel)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(e => e.Split('\n').First(l => l.StartsWith("event:", StringComparison.Ordinal))["event:".Length..].Trim()).ToList();
        Assert.Equal("result", events[^1]);
        Assert.All(events[..^1], e => Assert.Equal("step", e));
        Assert.True(lab.AlreadyWrong || events.Count >= 5, string.Join(' ', events));
    }

    [Fact]
    public async Task A_worker_that_is_killed_is_started_again()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var worker = lab.Server.Services.GetRequiredService<LabWorker>();
        await client.PostAsJsonAsync("/api/v1/lab/attacks", Body("""{"kind":"fgsm"}""")).Ok(201);
        var first = worker.Pid;
        using (var process = System.Diagnostics.Process.GetProcessById(first!.Value))
        {
            process.Kill();
            await process.WaitForExitAsync(Cancel);
        }
        using var again = await client.PostAsJsonAsync("/api/v1/lab/attacks", Body("""{"kind":"fgsm"}"""));
        if ((int)again.StatusCode == 503)
            await client.PostAsJsonAsync("/api/v1/lab/attacks", Body("""{"kind":"fgsm"}""")).Ok(201);
        Assert.NotEqual(first, worker.Pid);
    }

    [Theory]
    [InlineData("""{"kind":"pgdd"}""", "attack.kind")]
    [InlineData("""{"kind":"pgd","eps":8}""", "attack.eps")]
    [InlineData("""{"kind":"pgd","stepSize":"0.25"}""", "attack.stepSize")]
    [InlineData("""{"kind":"pgd","steps":100,"restarts":3}""", "attack.steps")]
    [InlineData("""{"kind":"pgd","colour":1}""", "attack.colour")]
    public async Task A_wrong_attack_names_its_field(string attack, string path)
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        var problem = await client.PostAsJsonAsync("/api/v1/lab/attacks", Body(attack)).Refused(400, "validation");
        Assert.True(problem["errors"]!.AsObject().ContainsKey(path), problem.ToJsonString());
    }

    [Fact]
    public async Task What_is_missing_or_foreign_is_refused()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        await client.PostAsJsonAsync("/api/v1/lab/attacks", Body("""{"kind":"fgsm"}""", checkpoint: "nothing")).Refused(404, "not-found");
        var form = new MultipartFormDataContent { { new StringContent(lab.CheckpointId), "checkpointId" }, { new StringContent("{"), "attack" } };
        Assert.NotNull((await client.PostAsync("/api/v1/lab/attacks", form).Refused(400, "validation"))["errors"]!["attack"]);
        form = Form([1, 2, 3], "x.png", """{"kind":"fgsm"}""");
        form.Add(new StringContent("/etc/passwd"), "path");
        Assert.NotNull((await client.PostAsync("/api/v1/lab/attacks", form).Refused(400, "validation"))["errors"]!["path"]);
        var viewer = await lab.Server.Key(UserRole.Viewer);
        await viewer.PostAsJsonAsync("/api/v1/lab/attacks", Body("""{"kind":"fgsm"}""")).Refused(403, "forbidden");
    }

    [Fact]
    public async Task An_attack_beyond_its_time_is_stopped_and_the_next_one_answered()
    {
        using var hasty = new LabServerFixture("WebLab:Lab:AttackSeconds", "1");
        var client = await hasty.Server.Key(UserRole.Researcher);
        var long_ = new JsonObject
        {
            ["checkpointId"] = hasty.CheckpointId,
            ["attack"] = JsonNode.Parse("""{"kind":"pgd","eps":"1/255","stepSize":"1/255","steps":200,"stopAtSuccess":false}"""),
            ["samples"] = new JsonArray([.. Enumerable.Range(0, 8).Select(i => (JsonNode)new JsonObject { ["datasetId"] = "shapes32", ["split"] = "test", ["index"] = i })]),
        };
        using var answer = await client.PostAsJsonAsync("/api/v1/lab/attacks", long_, Cancel);
        Assert.True((int)answer.StatusCode is 201 or 504, $"{(int)answer.StatusCode}");
        await client.PostAsJsonAsync("/api/v1/lab/attacks", hasty.Body("""{"kind":"fgsm"}""")).Ok(201);
    }

    [Fact]
    public async Task Results_expire_with_their_images()
    {
        using var own = new LabServerFixture();
        var client = await own.Server.Key(UserRole.Researcher);
        using var answer = await client.PostAsJsonAsync("/api/v1/lab/attacks", own.Body("""{"kind":"fgsm"}""")).Ok(201);
        own.Server.Time.Add(TimeSpan.FromHours(25));
        await client.GetAsync(answer.Headers.Location).Refused(404, "not-found");
        await own.Server.Services.GetRequiredService<LabSessions>().Sweep(Cancel);
        Assert.Empty(Directory.GetDirectories(own.Server.Services.GetRequiredService<DataDirectory>().Lab));
    }

    /// <summary>Every file of the corpus is shown or refused with a reason, and the server lives on.</summary>
    [Fact]
    public async Task Every_upload_is_shown_or_refused_with_a_reason()
    {
        var root = SharedData.Require("uploads");
        var client = await lab.Server.Key(UserRole.Researcher);
        var (wrong, shown) = (new List<string>(), 0);
        foreach (var line in File.ReadLines(Path.Combine(root, "MANIFEST.tsv")).Skip(1))
        {
            var name = line.Split('\t')[0];
            using var answer = await client.PostAsync("/api/v1/lab/attacks",
                Form(await File.ReadAllBytesAsync(Path.Combine(root, name), Cancel), Path.GetFileName(name), """{"kind":"fgsm"}"""), Cancel);
            var status = (int)answer.StatusCode;
            if (status == 201)
                shown++;
            else if (status is not (415 or 422) || JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))?["errors"]?["image[0]"] is null)
                wrong.Add($"{name}: {status} {await answer.Content.ReadAsStringAsync(Cancel)}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(shown > 50, $"only {shown} were shown");
        await client.GetAsync("/api/v1/system").Ok();
    }

    private JsonObject Body(string attack, int seed = 0, string? checkpoint = null) => lab.Body(attack, seed, checkpoint);

    private MultipartFormDataContent Form(byte[] image, string name, string attack) => new()
    {
        { new StringContent(lab.CheckpointId), "checkpointId" },
        { new StringContent(attack), "attack" },
        { new ByteArrayContent(image), "image", name },
    };
}

/// <summary>A server with shapes32 and one checkpoint of an untrained tinycnn.</summary>
public sealed class LabServerFixture : IDisposable
{
    public LabServerFixture() : this("WebLab:Lab:IdleSeconds", "120")
    {
    }

    internal LabServerFixture(string key, string value)
    {
        Server = new Server().With(key, value).With("WebLab:Queue:MinFreeBytes", "0");
        Server.CreateClient().Dispose();
        using var reader = new Shapes32(40, 20, 0);
        var manifest = Importer.Import(DatasetShelf.In(Server.DataFolder).Folder, Shapes32.Id, Shapes32.Title, reader, TimeProvider.System);
        var run = Server.Services.GetRequiredService<Ids>().Next();
        var saved = Save(new JobFolder(Server.Services.GetRequiredService<DataDirectory>().Run(run)), manifest);
        Server.Services.GetRequiredService<LabStore>().Write(rows =>
        {
            rows.Runs.Add(new Run { Id = run, Name = "untrained", RequestJson = "{}", RequestHash = "", Status = RunStatus.Completed });
            rows.Checkpoints.Add(new Checkpoint { Id = CheckpointId, RunId = run, Name = saved.Name, Sha256 = "", KeptList = ",last," });
        }, CancellationToken.None).GetAwaiter().GetResult();
    }

    public Server Server { get; }

    public string CheckpointId { get; } = "0192f0c1-0000-7000-8000-000000000001";

    /// <summary>The untrained network misreads the sample, so that no step is needed.</summary>
    public bool AlreadyWrong => true;

    public JsonObject Body(string attack, int seed = 0, string? checkpoint = null) => new()
    {
        ["checkpointId"] = checkpoint ?? CheckpointId,
        ["attack"] = JsonNode.Parse(attack),
        ["samples"] = new JsonArray(new JsonObject { ["datasetId"] = "shapes32", ["split"] = "test", ["index"] = 0 }),
        ["seed"] = seed,
    };

    public void Dispose() => Server.Dispose();

    private static CheckpointManifest Save(JobFolder folder, DatasetManifest data)
    {
        var options = new TinyCnnOptions();
        using var network = options.Build(new NetShape(3, data.Classes.Count, data.Mean, data.Std));
        network.Initialise(new Rng(1));
        return new Checkpoints(folder.Checkpoints).Save(new CheckpointManifest
        {
            Name = "e001-s00000001",
            Epoch = 1,
            Step = 1,
            RecipeHash = "",
            Model = JsonSerializer.SerializeToElement<ArchitectureOptions>(options, OptionsJson.Canonical),
            Shape = network.Shape,
            Data = CheckpointData.Of(data),
            Position = new Position(),
            Files = [],
        }, new Dictionary<string, IReadOnlyDictionary<string, Tensor>> { [Checkpoints.Weights] = network.Tensors() }, []);
    }
}

/// <summary>Real data beside the repository; tests skip where it is absent.</summary>
internal static class SharedData
{
    public static string Require(string name)
    {
        var found = Roots().Select(r => Path.Combine(r, name)).FirstOrDefault(Path.Exists);
        Assert.SkipWhen(found is null, $"{name} is not there: the real data of ../shared/data is not part of the product");
        return found;
    }

    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("WEBLAB_TEST_DATA") is { Length: > 0 } set)
            yield return set;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            yield return Path.Combine(folder.FullName, "shared", "data");
    }
}
