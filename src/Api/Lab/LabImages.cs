using WebLab.Api.Datasets;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Engine.Data;
using WebLab.Engine.Images;
using WebLab.Engine.Lab;
using WebLab.Engine.Training;

namespace WebLab.Api.Lab;

/// <summary>An image ready for the worker.</summary>
internal sealed record PreparedImage(LabImage Image, LabSourceView View, string Original);

/// <summary>Turns what came into what the network sees. Uploaded bytes are decoded in a process of their own, never here.</summary>
public sealed class LabImages(DatasetService datasets, ImageDecoder decoder)
{
    private const int PreviewSide = 512;

    /// <exception cref="Refusal">415 or 422 with the reason, under the source's path.</exception>
    internal async Task<PreparedImage> Prepare(LabSource source, int place, CheckpointData data, string folder, CancellationToken cancel)
    {
        var (original, seen) = ($"{place}-original.png", DataDirectory.Child(folder, $"{place}-seen.raw"));
        if (source.Sample is { } sample)
            return await Take(source, sample, data, seen, original, folder, cancel);
        var (preview, square) = await Decode(source, data, cancel);
        await WritePng(folder, original, preview.Image, cancel);
        await File.WriteAllBytesAsync(seen, square.Image.ToPlanes(), cancel);
        return new PreparedImage(new LabImage(seen, 3, square.Image.Height, square.Image.Width, source.Label, source.Target),
            new LabSourceView(source.FileName, preview.Format.ToString().ToLowerInvariant(), preview.Width, preview.Height, preview.Frames, preview.OrientationApplied, preview.Warnings, null), original);
    }

    private async Task<PreparedImage> Take(LabSource source, SampleRef sample, CheckpointData data, string seen, string original, string folder, CancellationToken cancel)
    {
        var split = sample.Split switch
        {
            "train" => Split.Train,
            "test" => Split.Test,
            _ => throw Refusal.Invalid($"{source.Path}.split", $"got '{sample.Split}', wanted train or test"),
        };
        var (pixels, shape, label) = datasets.Pixels(sample.DatasetId, sample.Version, split, sample.Index);
        if (data.Crop is { } side ? CentreCrop.Misfit(side, shape, sample.DatasetId) is not null : shape.Height != data.Height || shape.Width != data.Width)
            throw Refusal.Unprocessable(source.Path, $"has {shape.Height}x{shape.Width} pixels, the network takes {data.Crop ?? data.Height}x{data.Crop ?? data.Width}");
        await File.WriteAllBytesAsync(seen, pixels, cancel);
        await WritePng(folder, original, RgbImage.FromPlanes(pixels, shape.Channels, shape.Height, shape.Width), cancel);
        return new PreparedImage(new LabImage(seen, shape.Channels, shape.Height, shape.Width, sample.DatasetId == data.Id ? label : source.Label, source.Target),
            new LabSourceView(null, null, shape.Width, shape.Height, 1, 1, [], sample), original);
    }

    private async Task<(DecodedImage Preview, DecodedImage Square)> Decode(LabSource source, CheckpointData data, CancellationToken cancel)
    {
        if (data.Height != data.Width)
            throw Refusal.Unprocessable(source.Path, $"the network takes {data.Height}x{data.Width} pixels; only images of its data set can be attacked");
        try
        {
            var shapes = await decoder.DecodeAsync(source.Bytes!, [new Shaping(Longest: PreviewSide), new Shaping(Square: data.Width)], cancel);
            return (shapes[0], shapes[1]);
        }
        catch (ImageRefused e)
        {
            throw e.Code switch
            {
                ImageRefused.Unsupported => Refusal.Of(ProblemKinds.UnsupportedMedia, [(source.Path, e.Message)]),
                ImageRefused.Unavailable => new Refusal(ProblemKinds.Unavailable, "images cannot be decoded; './lab doctor' says what is missing"),
                _ => Refusal.Of(ProblemKinds.ImageRefused, [(source.Path, e.Message)]),
            };
        }
    }

    private static Task WritePng(string folder, string name, RgbImage image, CancellationToken cancel) =>
        File.WriteAllBytesAsync(DataDirectory.Child(folder, name), PngFile.Encode(image), cancel);
}
