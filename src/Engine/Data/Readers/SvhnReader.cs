using System.Globalization;
using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Data.Readers;

/// <summary>
/// Street View House Numbers, cropped digits (the site's format 2): train_32x32.mat, test_32x32.mat and, on request, extra_32x32.mat as more
/// training images. Each holds X, 32 x 32 x 3 x N bytes (row, column, channel, image; rows run fastest), and y, N labels 1 to 10; 10 means the digit 0.
/// </summary>
/// <remarks>Netzer et al. 2011, "Reading Digits in Natural Images with Unsupervised Feature Learning".</remarks>
public sealed class SvhnReader : ISampleReader
{
    private const int Side = 32, Zero = 10, MostImages = 1_000_000;
    private const string Train = "train_32x32.mat", Test = "test_32x32.mat", Extra = "extra_32x32.mat";

    private readonly FileTree _files;
    private readonly List<RejectedFile> _rejected = [];
    private readonly (Split Split, TreeFile File, int Count)[] _parts;

    /// <param name="extra">Also train on the 531,131 easier images of extra_32x32.mat.</param>
    /// <exception cref="DatasetRefused">A file is missing, broken or not of this layout.</exception>
    public SvhnReader(FileTree files, bool extra = false)
    {
        _files = files;
        var parts = new List<(Split, TreeFile)> { (Split.Train, files.Single(Train)), (Split.Test, files.Single(Test)) };
        if (extra) parts.Insert(1, (Split.Train, files.Single(Extra)));
        else if (files.Maybe(Extra) is { } unused) _rejected.Add(new RejectedFile(unused.Name, "the extra training images were not asked for"));
        _parts = [.. parts.Select(p => (p.Item1, p.Item2, Count(p.Item2)))];
    }

    public ImageShape Shape { get; } = new(3, Side, Side);

    public IReadOnlyList<string> Classes { get; } = [.. Enumerable.Range(0, 10).Select(k => k.ToString(CultureInfo.InvariantCulture))];

    public long Total => _parts.Sum(p => (long)p.Count);

    public string Licence => "Non-commercial use only; cite Netzer et al. 2011, \"Reading Digits in Natural Images with Unsupervised Feature Learning\"";

    public string Source => $"SVHN, cropped digits: {string.Join(", ", _parts.Select(p => p.File.Leaf))}";

    public IReadOnlyList<RejectedFile> Rejected => _rejected;

    public IEnumerable<Sample> Read(CancellationToken cancel)
    {
        var (stored, pixels) = (new byte[Shape.Bytes], new byte[Shape.Bytes]);
        foreach (var (split, file, count) in _parts)
        {
            var labels = Labels(file, count);
            using var images = MatArray.Open(_files, file, "X");
            for (var i = 0; i < count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                images.Read(stored);
                Turn(stored, pixels);
                yield return new Sample(split, labels[i], pixels);
            }

            images.End();
        }
    }

    public void Dispose() => _files.Dispose();

    private int Count(TreeFile file)
    {
        using var images = MatArray.Open(_files, file, "X");
        using var labels = MatArray.Open(_files, file, "y");
        var size = images.Dimensions;
        // MATLAB drops a last dimension of 1.
        var count = size.Count == 3 ? 1 : size.Count == 4 ? size[3] : 0;
        if (count == 0 || !size.Take(3).SequenceEqual([Side, Side, 3]) || images.Type != MatType.UInt8)
            throw DatasetRefused.File($"{file.Name}: X is {string.Join(" x ", size)} of {images.Type}; wanted {Side} x {Side} x 3 x N of {MatType.UInt8}");
        if (labels.Count != count || labels.Dimensions.Count != 2 || !labels.Dimensions.Contains(1))
            throw DatasetRefused.File($"{file.Name}: y is {string.Join(" x ", labels.Dimensions)}; wanted {count} x 1, a label for each image");
        return count <= MostImages ? count : throw DatasetRefused.Large($"{file.Name} holds {count} images, at most {MostImages} are allowed");
    }

    private byte[] Labels(TreeFile file, int count)
    {
        using var array = MatArray.Open(_files, file, "y");
        var labels = new byte[count];
        for (var i = 0; i < count; i++)
        {
            var label = array.Next();
            if (label is < 1 or > Zero) throw DatasetRefused.File($"{file.Name}: label {label} of image {i}; wanted 1 to {Zero}");
            labels[i] = (byte)(label % Zero);
        }

        array.End();

        return labels;
    }

    // Each plane comes column by column and goes out row by row.
    private static void Turn(ReadOnlySpan<byte> stored, Span<byte> pixels)
    {
        const int plane = Side * Side;
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < Side; y++)
                for (var x = 0; x < Side; x++)
                    pixels[c * plane + y * Side + x] = stored[c * plane + x * Side + y];
    }
}
