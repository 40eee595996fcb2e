using System.Text.Json;
using WebLab.Api.Http;
using WebLab.Api.Lab;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lab;
using WebLab.Engine.Training;

namespace WebLab.Api.Models;

/// <summary>Images to classify, as base64.</summary>
/// <param name="Images">1 to 256 files (JPEG, PNG, WebP, GIF, BMP, TIFF or PNM), each in base64.</param>
public sealed record PredictRequest(IReadOnlyList<string> Images);

/// <summary>What a version of a model says of images.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Classes">Names in the order of the logits.</param>
/// <param name="Seen">What was done to each image before the network saw it.</param>
public sealed record Prediction(string Model, int Version, IReadOnlyList<string> Classes, Preprocessing Seen, IReadOnlyList<PredictedImage> Items, string Device, double Seconds);

/// <summary>How an image becomes the network's input; the same as in training's probes and evaluations.</summary>
/// <param name="Side">Pixels of the square that an image is cut and scaled to.</param>
/// <param name="Crop">Side of its middle that the network sees; absent: all of it.</param>
/// <param name="Channels">3, or 1 for networks of grey images.</param>
/// <param name="Mean">Per channel, subtracted inside the network; absent: nothing is.</param>
/// <param name="Std">Per channel, divided by inside the network.</param>
/// <param name="Steps">The same in words, in order.</param>
public sealed record Preprocessing(int Side, int? Crop, int Channels, IReadOnlyList<double>? Mean, IReadOnlyList<double>? Std, IReadOnlyList<string> Steps);

/// <summary>One image.</summary>
/// <param name="Label">The most likely class.</param>
/// <param name="Probabilities">The most likely classes, at most five.</param>
/// <param name="Source">What is known of the file.</param>
public sealed record PredictedImage(int Label, string Name, double Probability, IReadOnlyList<LabGuess> Probabilities, LabSourceView Source);

/// <summary>Classifies images by a version of a model, on the lab's resident worker.</summary>
public sealed class Predictions(ModelRegistry registry, CheckpointKeeper keeper, LabImages images, LabWorker worker, DataDirectory data, Ids ids)
{
    public const int MaxImages = 256;
    private const int Chunk = 64;

    // Noise of radius 0: the worker looks at each image and changes nothing.
    private static readonly JsonElement Look = JsonSerializer.SerializeToElement(new { kind = "noise", eps = "0" });

    /// <exception cref="Refusal">400, 404, 413, 415 and 422 with the image's place; 409 for a damaged checkpoint; 503 when the worker is busy.</exception>
    public async Task<Prediction> Predict(string model, int number, IReadOnlyList<(string? FileName, byte[] Bytes)> files, CancellationToken cancel)
    {
        if (files.Count == 0) throw Refusal.Invalid("images", "got none, wanted 1 to 256 images");
        if (files.Count > MaxImages) throw Refusal.Of(ProblemKinds.TooLarge, [("images", $"got {files.Count}, at most {MaxImages} are taken at once")]);
        for (var k = 0; k < files.Count; k++)
            if (files[k].Bytes.Length > ImageLimits.Default.Bytes)
                throw Refusal.Of(ProblemKinds.TooLarge, [($"images[{k}]", $"has {files[k].Bytes.Length} bytes, at most {ImageLimits.Default.Bytes} are taken")]);
        var (named, version) = await registry.Row(model, number, cancel);
        var folder = keeper.Promoted(version.CheckpointId);
        var manifest = Manifest(folder);
        var place = Directory.CreateDirectory(data.LabSession(ids.Next())).FullName;
        try
        {
            var (items, device, seconds) = (new List<PredictedImage>(), "", 0.0);
            foreach (var chunk in files.Select((f, k) => (f, k)).Chunk(Chunk))
            {
                var prepared = new List<PreparedImage>();
                foreach (var (file, k) in chunk)
                    prepared.Add(await images.Prepare(new LabSource($"images[{k}]", file.Bytes, file.FileName, null, null, null), prepared.Count, manifest.Data, place, cancel));
                var result = await worker.Attack(new LabAttack(folder, Look, [.. prepared.Select(p => p.Image)], place, 0, 1), _ => { }, cancel);
                items.AddRange(result.Items.Select((item, j) => new PredictedImage(item.Before[0].Label, item.Before[0].Name, item.Before[0].Probability, item.Before, prepared[j].View)));
                (device, seconds) = (result.Device, seconds + result.Seconds);
            }
            return new Prediction(named.Name, version.Number, manifest.Data.Classes, Seen(manifest), items, device, seconds);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    private static CheckpointManifest Manifest(string folder)
    {
        try
        {
            return JobJson.Read<CheckpointManifest>(DataDirectory.Child(folder, CheckpointManifest.FileName));
        }
        catch (JobFailure)
        {
            throw new Refusal(ProblemKinds.Conflict, "the version's checkpoint is missing or damaged");
        }
    }

    private static Preprocessing Seen(CheckpointManifest manifest)
    {
        var (size, shape) = (manifest.Data, manifest.Shape);
        var steps = new List<string> { "the first frame, turned upright by its EXIF orientation, transparency over white", $"the middle square, scaled to {size.Width}x{size.Height} pixels" };
        if (size.Crop is { } crop) steps.Add($"the middle {crop}x{crop} pixels");
        if (shape.Channels == 1) steps.Add("grey by luma (ITU-R BT.601)");
        steps.Add("values from 0..255 to [0,1]");
        if (shape.Mean is not null) steps.Add("inside the network: the training set's mean subtracted, divided by its standard deviation");
        return new Preprocessing(size.Width, size.Crop, shape.Channels, shape.Mean, shape.Std, steps);
    }
}
