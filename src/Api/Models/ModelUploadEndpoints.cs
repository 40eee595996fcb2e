using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using WebLab.Api.Http;
using WebLab.Api.Runs;

namespace WebLab.Api.Models;

/// <summary>What comes to models as bytes: images to classify, weights to bring in.</summary>
internal static class ModelUploadEndpoints
{
    private const long ImagesBytes = 96L << 20;

    public static void MapPrediction(this RouteGroupBuilder models) =>
        models.MapPost("/{name}/versions/{number:int}:predict", Predict).WithName("predict").Accepts<PredictRequest>("application/json", "multipart/form-data")
            .Produces<Prediction>().RequireRateLimiting(Limits.Lab).WithMetadata(new RequestSizeLimitAttribute(ImagesBytes), new NotReplayableAttribute()).WithRequestTimeout(TimeSpan.FromSeconds(120))
            .Refuses(ProblemKinds.Conflict, ProblemKinds.TooLarge, ProblemKinds.UnsupportedMedia, ProblemKinds.ImageRefused, ProblemKinds.Unprocessable, ProblemKinds.GpuBusy, ProblemKinds.Unavailable, ProblemKinds.Timeout);

    public static void MapWeights(this RouteGroupBuilder api) =>
        api.MapPost("/checkpoints:import", Import).WithTags("Checkpoints").WithName("importWeights").Accepts<IFormFile>("multipart/form-data").Produces<RunSummary>(202)
            .WithMetadata(new RequestSizeLimitAttribute(WeightsImport.MaxBytes), new NotReplayableAttribute()).DisableRequestTimeout()
            .Refuses(ProblemKinds.TooLarge, ProblemKinds.UnsupportedMedia, ProblemKinds.DiskFull);

    /// <summary>Classify images by a version of a model</summary>
    /// <remarks>
    /// Either JSON with up to 256 images in base64, or multipart/form-data with up to 256 files <c>image</c> (JPEG, PNG, WebP, GIF, BMP, TIFF or
    /// PNM; up to 10 MB each, 96 MB together). Every image is prepared as the network's training images were; the answer says how.
    /// </remarks>
    private static async Task<Ok<Prediction>> Predict(string name, int number, Predictions predictions, HttpContext context, CancellationToken cancel)
    {
        var request = context.Request;
        var files = request.HasFormContentType ? await Images(context, cancel)
            : request.HasJsonContentType() ? Images(await request.ReadFromJsonAsync<PredictRequest>(cancel) ?? throw Refusal.Invalid("body", "must not be null"))
            : throw new Refusal(ProblemKinds.UnsupportedMedia, $"got '{request.ContentType}', wanted application/json or multipart/form-data");
        return TypedResults.Ok(await predictions.Predict(name, number, files, cancel));
    }

    /// <summary>Bring in weights that were trained elsewhere</summary>
    /// <remarks>
    /// multipart/form-data with the file <c>weights</c> (safetensors under PyTorch's names, up to 2 GiB) and the fields <c>model</c> (architecture as in
    /// recipes, such as <c>{"kind":"resnet18"}</c>), <c>datasetId</c> and optionally <c>name</c>. Follow the run that Location names: it ends with a
    /// checkpoint, or says which tensor does not fit, what shape it has and what shape is wanted.
    /// </remarks>
    private static async Task<Accepted<RunSummary>> Import(WeightsImport import, HttpContext context, CancellationToken cancel)
    {
        if (!context.Request.HasFormContentType) throw new Refusal(ProblemKinds.UnsupportedMedia, $"got '{context.Request.ContentType}', wanted multipart/form-data");
        var form = await Form(context, WeightsImport.MaxBytes, ["model", "datasetId", "name"], "weights", cancel);
        if (form.Files.Count != 1) throw Refusal.Invalid("weights", $"got {form.Files.Count} files, wanted one");
        await using var file = form.Files[0].OpenReadStream();
        var wanted = new WantedWeights(Node(form["model"].ToString()), Required(form, "datasetId"), form["name"].ToString() is { Length: > 0 } text ? text : null, form.Files[0].FileName);
        var run = await import.Queue(wanted, file, form.Files[0].Length, context.User.Identity?.Name, cancel);
        return TypedResults.Accepted($"/api/v1/runs/{run.Id}", run);
    }

    private static async Task<IReadOnlyList<(string?, byte[])>> Images(HttpContext context, CancellationToken cancel)
    {
        var form = await Form(context, ImagesBytes, [], "image", cancel);
        if (form.Files.Count > Predictions.MaxImages) throw Refusal.Of(ProblemKinds.TooLarge, [("image", $"got {form.Files.Count} images, at most {Predictions.MaxImages} are taken at once")]);
        var files = new List<(string?, byte[])>();
        foreach (var file in form.Files)
        {
            using var bytes = new MemoryStream();
            await using var stream = file.OpenReadStream();
            await stream.CopyToAsync(bytes, cancel);
            files.Add((file.FileName, bytes.ToArray()));
        }
        return files;
    }

    private static IReadOnlyList<(string?, byte[])> Images(PredictRequest request)
    {
        if (request.Images.Count > Predictions.MaxImages) throw Refusal.Of(ProblemKinds.TooLarge, [("images", $"got {request.Images.Count} images, at most {Predictions.MaxImages} are taken at once")]);
        return [.. request.Images.Select((text, k) =>
        {
            var bytes = new byte[(text.Length * 3L / 4) + 3];
            return Convert.TryFromBase64String(text, bytes, out var length) ? ((string?)null, bytes[..length]) : throw Refusal.Invalid($"images[{k}]", "is not base64");
        })];
    }

    private static async Task<IFormCollection> Form(HttpContext context, long bytes, string[] fields, string file, CancellationToken cancel)
    {
        IFormCollection form;
        try
        {
            form = await context.Request.ReadFormAsync(new FormOptions { MultipartBodyLengthLimit = bytes, ValueCountLimit = 64, ValueLengthLimit = 1 << 16 }, cancel);
        }
        catch (InvalidDataException e)
        {
            throw Refusal.Invalid("body", e.Message);
        }
        var unknown = form.Keys.Where(k => !fields.Contains(k)).Concat(form.Files.Select(f => f.Name).Where(n => n != file)).Distinct().ToList();
        return unknown.Count == 0 ? form : throw Refusal.Invalid(unknown.Select(name => (name, "is not a known field")));
    }

    private static string Required(IFormCollection form, string name) => form[name].ToString() is { Length: > 0 } value ? value : throw Refusal.Invalid(name, "is required");

    private static JsonNode? Node(string text)
    {
        if (text.Length == 0) throw Refusal.Invalid("model", "is required, such as {\"kind\":\"resnet18\"}");
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException e)
        {
            throw Refusal.Invalid("model", $"is not JSON: {e.Message}");
        }
    }
}
