using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Api.Tests.Lab;
using WebLab.Api.Tests.Queue;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using Xunit;

namespace WebLab.Api.Tests.Models;

/// <summary>What versions are for: predictions, files for other programs, and weights that come back.</summary>
public sealed class VersionUseTests(LabServerFixture lab) : IClassFixture<LabServerFixture>
{
    private static readonly byte[] Picture = PngFile.Encode(new RgbImage(90, 60, [.. Enumerable.Range(0, 3 * 60 * 90).Select(i => (byte)(i / 7))]));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Images_are_classified_and_the_answer_says_what_the_network_saw()
    {
        var client = await Client("predict");
        var base64 = Convert.ToBase64String(Picture);
        var json = await client.PostAsJsonAsync("/api/v1/models/predict/versions/1:predict", new { images = new[] { base64, base64 } }).Json();
        Assert.Equal((2, 10, 32), (json["items"]!.AsArray().Count, json["classes"]!.AsArray().Count, (int)json["seen"]!["side"]!));
        Assert.Contains(json["seen"]!["steps"]!.AsArray(), s => ((string)s!).Contains("middle square", StringComparison.Ordinal));
        var item = json["items"]![0]!;
        Assert.Equal((90, 60), ((int)item["source"]!["width"]!, (int)item["source"]!["height"]!));
        Assert.Equal((double)item["probability"]!, item["probabilities"]!.AsArray().Max(p => (double)p!["probability"]!));
        Assert.Equal(item["label"]!.ToJsonString(), json["items"]![1]!["label"]!.ToJsonString());

        var form = new MultipartFormDataContent { { new ByteArrayContent(Picture), "image", "photo.png" } };
        var uploaded = await client.PostAsync("/api/v1/models/predict/versions/1:predict", form, Cancel);
        var same = JsonNode.Parse(await uploaded.Content.ReadAsStringAsync(Cancel))!["items"]![0]!;
        Assert.Equal("photo.png", (string?)same["source"]!["fileName"]);
        Assert.Equal((double)item["probability"]!, (double)same["probability"]!, 5);
    }

    [Fact]
    public async Task What_cannot_be_classified_is_refused_with_its_place()
    {
        var client = await Client("refuse");
        const string path = "/api/v1/models/refuse/versions/1:predict";
        await client.PostAsJsonAsync(path, new { images = Enumerable.Repeat("AAAA", 257) }).Refused(413, "too-large");
        Assert.NotNull((await client.PostAsJsonAsync(path, new { images = new[] { "no base64!" } }).Refused(400, "validation"))["errors"]!["images[0]"]);
        Assert.NotNull((await client.PostAsJsonAsync(path, new { images = Array.Empty<string>() }).Refused(400, "validation"))["errors"]!["images"]);
        Assert.NotNull((await client.PostAsJsonAsync(path, new { images = new[] { "AAAA" } }).Refused(415, "unsupported-media-type"))["errors"]!["images[0]"]);
        Assert.NotNull((await client.PostAsJsonAsync(path, new { images = new[] { Convert.ToBase64String(Picture[..100]) } }).Refused(422, "image-refused"))["errors"]!["images[0]"]);
        await client.PostAsync(path, new StringContent("hello")).Refused(415, "unsupported-media-type");
        await client.PostAsJsonAsync("/api/v1/models/refuse/versions/2:predict", new { images = new[] { "AAAA" } }).Refused(404, "not-found");
        var viewer = await lab.Server.Key(UserRole.Viewer);
        await viewer.PostAsJsonAsync(path, new { images = new[] { "AAAA" } }).Refused(403, "forbidden");
    }

    [Fact]
    public async Task A_version_leaves_as_onnx_and_as_safetensors_and_comes_back()
    {
        var client = await Client("leaves");
        using var onnx = await client.GetAsync("/api/v1/models/leaves/versions/1/files/model.onnx").Ok();
        Assert.Equal([8, 6, 18], (await onnx.Content.ReadAsByteArrayAsync(Cancel))[..3]);
        Assert.Equal("leaves-v1.onnx", onnx.Content.Headers.ContentDisposition?.FileName);
        using var again = await client.GetAsync("/api/v1/models/leaves/versions/1/files/model.onnx").Ok();
        Assert.Equal(onnx.Headers.ETag, again.Headers.ETag);
        await client.GetAsync("/api/v1/models/leaves/versions/1/files/state.safetensors").Refused(404, "not-found");
        var weights = await client.GetByteArrayAsync("/api/v1/models/leaves/versions/1/files/weights.safetensors", Cancel);

        var run = (string)(await client.PostAsync("/api/v1/checkpoints:import", Form(weights, """{"kind":"tinycnn"}""")).Json(202))["id"]!;
        await LabServer.Until(lab.Server, run, RunStatus.Completed);
        var checkpoint = (await (await client.GetAsync($"/api/v1/runs/{run}/checkpoints").Ok()).Content.ReadFromJsonAsync<JsonArray>(Cancel))!.Single()!;
        var listed = (await client.GetAsync("/api/v1/checkpoints?datasetId=shapes32").Json())["items"]!.AsArray().Single(c => (string?)c!["runId"] == run)!;
        Assert.Equal(("tinycnn", "shapes32"), ((string?)listed["architecture"], (string?)listed["datasetId"]));
        await client.PostAsJsonAsync("/api/v1/lab/attacks", lab.Body("""{"kind":"fgsm"}""", checkpoint: (string?)checkpoint["id"])).Ok(201);
        await client.PostAsJsonAsync("/api/v1/models/came-back/versions", new { checkpointId = (string?)checkpoint["id"] }).Ok(201);

        var other = (string)(await client.PostAsync("/api/v1/checkpoints:import", Form(weights, """{"kind":"smallcnn"}""")).Json(202))["id"]!;
        await LabServer.Until(lab.Server, other, RunStatus.Failed);
        var failure = (await client.GetAsync($"/api/v1/runs/{other}").Json())["failure"]!;
        Assert.Equal("bad-data", (string?)failure["code"]);
        Assert.Matches("the weights hold '[a-z0-9.]+', which smallcnn does not have", (string?)failure["message"]);
    }

    [Fact]
    public async Task A_file_that_is_no_safetensors_is_not_opened()
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        Assert.NotNull((await client.PostAsync("/api/v1/checkpoints:import", Form("PK\u0003\u0004 a pickle"u8.ToArray(), """{"kind":"tinycnn"}""")).Refused(415, "unsupported-media-type"))["errors"]!["weights"]);
        var wrong = (await client.PostAsync("/api/v1/checkpoints:import", Form([1], """{"kind":"tiny"}""", "nothing")).Refused(400, "validation"))["errors"]!.AsObject();
        Assert.True(wrong.ContainsKey("datasetId") && wrong.ContainsKey("model.kind"), wrong.ToJsonString());
        await client.PostAsJsonAsync("/api/v1/checkpoints:import", new { }).Refused(415, "unsupported-media-type");
        var viewer = await lab.Server.Key(UserRole.Viewer);
        await viewer.PostAsync("/api/v1/checkpoints:import", Form([1], "{}")).Refused(403, "forbidden");
    }

    private async Task<HttpClient> Client(string model)
    {
        var client = await lab.Server.Key(UserRole.Researcher);
        await RegistryTests.Promote(client, lab, model);
        return client;
    }

    private static MultipartFormDataContent Form(byte[] weights, string model, string dataset = "shapes32") => new()
    {
        { new ByteArrayContent(weights), "weights", "net.safetensors" }, { new StringContent(model), "model" }, { new StringContent(dataset), "datasetId" },
    };
}
