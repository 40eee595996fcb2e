using WebLab.Api.Datasets;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Engine.Data;
using WebLab.Engine.Images;
using WebLab.Engine.Lab;
using WebLab.Engine.Training;

namespace WebLab.Api.Lab;

/// <summary>A picture of a board before it is read.</summary>
/// <param name="Path">What refusals call it, such as <c>pictures[0]</c>.</param>
/// <param name="File">Of a batch: path of its bytes.</param>
/// <param name="LabelText">Of a batch: its class, as folder or name say.</param>
internal sealed record BoardSource(string Path, PictureRef? Asked, string? File = null, string? FileName = null, string? LabelText = null);

/// <summary>Brings the pictures of a board to what each network takes.</summary>
public sealed class BoardImages(DatasetService datasets, CorruptedSamples corruptions, LabPictures pictures, ImageDecoder decoder)
{
    /// <summary>Checks that a picture is there, writes it as it came, and says what is known of it.</summary>
    /// <returns>Null when it is known only once it has been brought to size.</returns>
    internal async Task<LabSourceView?> Show(BoardSource source, int place, string folder, string userId, CancellationToken cancel)
    {
        var original = DataDirectory.Child(folder, $"{place}-original.png");
        if (source.Asked is { PictureId: { } id })
        {
            var view = await pictures.Get(id, userId, cancel);
            File.Copy(await pictures.Preview(id, userId, cancel), original, overwrite: true);
            return view.Source;
        }
        if (source.Asked?.Sample is not { } sample) return null;
        var (pixels, shape, _) = Pixels(source.Path, sample);
        await File.WriteAllBytesAsync(original, PngFile.Encode(RgbImage.FromPlanes(pixels, shape.Channels, shape.Height, shape.Width)), cancel);
        return new LabSourceView(null, null, shape.Width, shape.Height, 1, 1, [], sample);
    }

    /// <summary>Writes a picture as one network takes it, and as a corruption leaves it.</summary>
    /// <exception cref="Refusal">The network does not take pictures, or this one cannot be read.</exception>
    internal async Task<LabImage> Fit(BoardSource source, int place, int network, CheckpointData data, CorruptionChoice? corruption, string folder, string userId, CancellationToken cancel)
    {
        var (pixels, shape, label) = await Sized(source, data, userId, cancel);
        var file = DataDirectory.Child(folder, $"{network}-{place}.raw");
        await File.WriteAllBytesAsync(file, pixels, cancel);
        string? changed = null;
        if (corruption is { } c)
        {
            changed = DataDirectory.Child(folder, $"{network}-{place}-changed.raw");
            await File.WriteAllBytesAsync(changed, corruptions.Apply(pixels, shape, c.Kind, c.Severity, c.Seed, source.Asked?.Sample?.Index ?? place), cancel);
        }
        return new LabImage(file, shape.Channels, shape.Height, shape.Width, label, source.Asked?.Target, changed);
    }

    /// <summary>Decodes a file of a batch to the size of a network, with what is known of it.</summary>
    /// <exception cref="ImageRefused">It cannot be used.</exception>
    internal static DecodedImage Square(ResidentDecoder decoder, string file, int side)
    {
        if (new FileInfo(file).Length > ImageLimits.Default.Bytes)
            throw new ImageRefused(ImageRefused.TooLarge, $"has {new FileInfo(file).Length} bytes, at most {ImageLimits.Default.Bytes} are taken");
        return decoder.Decode(File.ReadAllBytes(file), new Shaping(Square: side));
    }

    /// <summary>The class of a name: equal but for case, blanks, dashes and underscores; or its number.</summary>
    internal static int? LabelOf(string? text, IReadOnlyList<string> classes)
    {
        if (text is null) return null;
        static string Plain(string s) => new([.. s.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant)]);
        for (var k = 0; k < classes.Count; k++)
            if (Plain(classes[k]) == Plain(text)) return k;
        return int.TryParse(text, out var number) && number >= 0 && number < classes.Count ? number : null;
    }

    private async Task<(byte[] Pixels, ImageShape Shape, int? Label)> Sized(BoardSource source, CheckpointData data, string userId, CancellationToken cancel)
    {
        if (source.Asked?.Sample is { } sample)
        {
            var (pixels, shape, label) = Pixels(source.Path, sample);
            var own = sample.DatasetId == data.Id ? label : source.Asked.Label;
            if (data.Crop is { } side ? CentreCrop.Misfit(side, shape, sample.DatasetId) is null : shape.Height == data.Height && shape.Width == data.Width)
                return (pixels, shape, Fits(own, data));
            Demand(data);
            var png = PngFile.Encode(RgbImage.FromPlanes(pixels, shape.Channels, shape.Height, shape.Width));
            var square = await decoder.DecodeAsync(png, new Shaping(Square: data.Width), cancel);
            return (square.Image.ToPlanes(), new ImageShape(3, data.Width, data.Width), Fits(own, data));
        }
        Demand(data);
        var planes = source.File is { } ready
            ? await File.ReadAllBytesAsync($"{ready}.{data.Width}", cancel)
            : await pictures.Square(source.Asked!.PictureId!, data.Width, userId, cancel);
        return (planes, new ImageShape(3, data.Width, data.Width), Fits(source.Asked?.Label ?? LabelOf(source.LabelText, data.Classes), data));
    }

    private (byte[] Pixels, ImageShape Shape, int Label) Pixels(string path, SampleRef sample) => datasets.Pixels(sample.DatasetId, sample.Version, sample.Split switch
    {
        "train" => Split.Train,
        "test" => Split.Test,
        _ => throw Refusal.Invalid($"{path}.sample.split", $"got '{sample.Split}', wanted train or test"),
    }, sample.Index);

    private static int? Fits(int? label, CheckpointData data) => label is null || (label >= 0 && label < data.Classes.Count) ? label
        : throw new Refusal(ProblemKinds.Unprocessable, $"label {label} is none of the network's {data.Classes.Count} classes");

    private static void Demand(CheckpointData data)
    {
        if (data.Height != data.Width)
            throw new Refusal(ProblemKinds.Unprocessable, $"the network takes {data.Height} x {data.Width} pixels; only images of its data set can be attacked");
    }
}
