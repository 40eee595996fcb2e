using System.Globalization;
using WebLab.Api.Datasets;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lab;
using WebLab.Engine.Training;

namespace WebLab.Api.Evaluations;

/// <summary>Which side of an image of an evaluation.</summary>
public enum ImageView
{
    /// <summary>As the network sees it.</summary>
    Clean,

    /// <summary>The point of the first attack that took it.</summary>
    Adversarial,

    /// <summary>Adversarial minus clean.</summary>
    Difference,
}

/// <summary>Values of one image.</summary>
/// <param name="Values">C x H x W.</param>
internal sealed record Planes(float[] Values, int Channels, int Height, int Width);

/// <summary>Images of an evaluation: clean ones from the data set, attacked ones from what the evaluation kept.</summary>
public sealed class EvaluationImages(EvaluationReports reports, DatasetService datasets, DataDirectory data)
{
    /// <summary>The images that were broken, with tensors <c>index</c>, <c>attack</c> (number, from 1) and <c>x</c>.</summary>
    public const string Kept = OutcomeFiles.Adversarial;

    public const double LeastGain = 1, MostGain = 255;

    /// <summary>Indices of the images whose broken form was kept; there may have been no room for all.</summary>
    public IReadOnlySet<long> Of(string id) => Keeps(id) ? OutcomeTable.Read(Path.Combine(data.Run(id), Kept)).Integers("index").ToHashSet() : [];

    private bool Keeps(string id) => File.Exists(Path.Combine(data.Run(id), Kept));

    /// <summary>As a PNG of 8-bit values, rounded; a difference is amplified around grey.</summary>
    /// <exception cref="Refusal">400; 404 with what is not there; 409 before the end.</exception>
    public async Task<byte[]> Png(string id, int index, ImageView view, double amplify, CancellationToken cancel)
    {
        if (!(amplify is >= LeastGain and <= MostGain)) throw Refusal.Invalid("amplify", string.Create(CultureInfo.InvariantCulture, $"got {amplify}, wanted {LeastGain} to {MostGain}"));
        var planes = await Find(id, index, view, cancel);
        var bytes = new byte[planes.Values.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            var value = view == ImageView.Difference ? 0.5 + amplify * planes.Values[i] : planes.Values[i];
            bytes[i] = (byte)Math.Round(255 * Math.Clamp(value, 0, 1), MidpointRounding.AwayFromZero);
        }

        return PngFile.Encode(RgbImage.FromPlanes(bytes, planes.Channels, planes.Height, planes.Width));
    }

    /// <summary>As a NumPy file of float32, C x H x W; a difference as it is.</summary>
    /// <exception cref="Refusal">404 with what is not there; 409 before the end.</exception>
    public async Task<byte[]> Npy(string id, int index, ImageView view, CancellationToken cancel)
    {
        var planes = await Find(id, index, view, cancel);
        return NpyFile.Encode(planes.Values, planes.Channels, planes.Height, planes.Width);
    }

    private async Task<Planes> Find(string id, int index, ImageView view, CancellationToken cancel)
    {
        var results = await reports.Results(id, cancel);
        if (view == ImageView.Clean) return Clean(id, results, index, null);
        var adversarial = Adversarial(id, index);
        if (view == ImageView.Adversarial) return adversarial;
        var clean = Clean(id, results, index, adversarial);
        return adversarial with { Values = [.. adversarial.Values.Zip(clean.Values, (x, c) => x - c)] };
    }

    private Planes Adversarial(string id, int index)
    {
        if (!Keeps(id)) throw new Refusal(ProblemKinds.NotFound, "this evaluation kept no attacked images; evaluate again to have them");
        var table = OutcomeTable.Read(Path.Combine(data.Run(id), Kept));
        var row = Array.IndexOf(table.Integers("index"), (long)index);
        if (row < 0) throw new Refusal(ProblemKinds.NotFound, $"no attack of this evaluation broke image {index}, or there was no room to keep what it found");
        var shape = table.Shape("x");
        return new Planes(table.Numbers("x", row), (int)shape[1], (int)shape[2], (int)shape[3]);
    }

    private Planes Clean(string id, EvaluationResults results, int index, Planes? like)
    {
        var split = results.Split == "train" ? Split.Train : Split.Test;
        var (pixels, shape, _) = datasets.Pixels(results.Data, results.Version, split, index);
        var side = like?.Height ?? Crop(id);
        var (height, width) = (side ?? shape.Height, like?.Width ?? side ?? shape.Width);
        var (top, left) = ((shape.Height - height) / 2, (shape.Width - width) / 2);
        if (top < 0 || left < 0) throw new Refusal(ProblemKinds.Conflict, $"image {index} has {shape.Height}x{shape.Width} pixels, the network takes {height}x{width}");
        var values = new float[shape.Channels * height * width];
        for (var c = 0; c < shape.Channels; c++)
            for (var y = 0; y < height; y++)
                for (var x = 0; x < width; x++)
                    values[(c * height + y) * width + x] = pixels[(c * shape.Height + top + y) * shape.Width + left + x] / 255f;
        return new Planes(values, shape.Channels, height, width);
    }

    // Networks may see the middle square of what is stored.
    private int? Crop(string id)
    {
        var manifest = Path.Combine(data.Run(id), "checkpoint", CheckpointManifest.FileName);
        return File.Exists(manifest) ? JobJson.Read<CheckpointManifest>(manifest).Data.Crop : null;
    }
}
