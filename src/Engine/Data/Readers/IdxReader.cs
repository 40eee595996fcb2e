using System.Buffers.Binary;
using System.IO.Compression;
using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Data.Readers;

/// <summary>
/// IDX, the layout of MNIST and its family: train-images-idx3-ubyte, train-labels-idx1-ubyte and the same with t10k, plain or .gz.
/// Images stay grey, one channel; <c>channels: 3</c> repeats the plane for networks made for colour.
/// </summary>
/// <remarks>Layout: big-endian magic (0, 0, 8 = unsigned byte, dimensions), one 32-bit size per dimension, then the bytes.</remarks>
public sealed class IdxReader : ISampleReader
{
    private const int MostSide = 4096;

    private readonly FileTree _files;
    private readonly (Split Split, TreeFile Images, TreeFile Labels, int Count)[] _parts;

    /// <param name="channels">1: as stored; 3: the plane three times.</param>
    /// <exception cref="DatasetRefused">A file is missing, or its header does not fit.</exception>
    public IdxReader(FileTree files, int channels = 1)
    {
        if (channels is not (1 or 3)) throw DatasetRefused.Request($"channels: got {channels}, wanted 1 or 3");
        _files = files;
        var train = Part(Split.Train, ["train"]);
        var test = Part(Split.Test, ["t10k", "test"]);
        if (train.Height != test.Height || train.Width != test.Width)
            throw DatasetRefused.File($"training images are {train.Height}x{train.Width}, test images {test.Height}x{test.Width}");
        Shape = new ImageShape(channels, train.Height, train.Width);
        _parts = [(Split.Train, train.Images, train.Labels, train.Count), (Split.Test, test.Images, test.Labels, test.Count)];
        Classes = [.. Enumerable.Range(0, 1 + _parts.Max(p => HighestLabel(p.Labels, p.Count))).Select(k => $"{k}")];
    }

    public ImageShape Shape { get; }

    public IReadOnlyList<string> Classes { get; }

    public long Total => _parts.Sum(p => (long)p.Count);

    public string Licence => "MNIST: CC BY-SA 3.0 (LeCun, Cortes, Burges); other IDX sets: see their source";

    public string Source => "IDX files";

    public IReadOnlyList<RejectedFile> Rejected => [];

    public IEnumerable<Sample> Read(CancellationToken cancel)
    {
        var plane = Shape.Height * Shape.Width;
        var pixels = new byte[Shape.Bytes];
        foreach (var (split, imageFile, labelFile, count) in _parts)
        {
            using var images = Unpacked(imageFile);
            using var labels = Unpacked(labelFile);
            Header(images, imageFile, 3);
            Header(labels, labelFile, 1);
            for (var i = 0; i < count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                FileTree.Fill(images, pixels.AsSpan(0, plane), imageFile);
                for (var c = 1; c < Shape.Channels; c++) pixels.AsSpan(0, plane).CopyTo(pixels.AsSpan(c * plane));
                yield return new Sample(split, Byte(labels, labelFile), pixels);
            }

            AtEnd(images, imageFile);
            AtEnd(labels, labelFile);
        }
    }

    public void Dispose() => _files.Dispose();

    private (TreeFile Images, TreeFile Labels, int Count, int Height, int Width) Part(Split split, string[] stems)
    {
        var images = Find(stems, "images", "idx3");
        var labels = Find(stems, "labels", "idx1");
        using var imageStream = Unpacked(images);
        using var labelStream = Unpacked(labels);
        var size = Header(imageStream, images, 3);
        var count = Header(labelStream, labels, 1)[0];
        if (size[0] != count) throw DatasetRefused.File($"{split}: {size[0]} images but {count} labels");
        if (size[0] == 0 || size[1] is 0 or > MostSide || size[2] is 0 or > MostSide)
            throw DatasetRefused.File($"{images.Name}: {size[0]} images of {size[1]}x{size[2]}; wanted at least one, sides 1..{MostSide}");
        return (images, labels, count, size[1], size[2]);
    }

    private TreeFile Find(string[] stems, string what, string dimensions)
    {
        var found = _files.Files.Where(f => stems.Any(s => f.Leaf.StartsWith($"{s}-{what}", StringComparison.Ordinal))).ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw DatasetRefused.Missing($"{stems[0]}-{what}-{dimensions}-ubyte(.gz) is missing"),
            _ => throw DatasetRefused.Archive($"{found[0].Name} and {found[1].Name}: only one may be there"),
        };
    }

    private int HighestLabel(TreeFile file, int count)
    {
        using var stream = Unpacked(file);
        Header(stream, file, 1);
        var highest = 0;
        for (var i = 0; i < count; i++) highest = Math.Max(highest, Byte(stream, file));
        return highest;
    }

    private Stream Unpacked(TreeFile file) =>
        file.Leaf.EndsWith(".gz", StringComparison.Ordinal)
            ? new BufferedStream(new GZipStream(_files.Open(file), CompressionMode.Decompress), 1 << 16)
            : new BufferedStream(_files.Open(file), 1 << 16);

    private static int[] Header(Stream stream, TreeFile file, int dimensions)
    {
        var head = new byte[4 + 4 * dimensions];
        FileTree.Fill(stream, head, file);
        if (head[0] != 0 || head[1] != 0 || head[2] != 8 || head[3] != dimensions)
            throw DatasetRefused.File($"{file.Name}: magic {Convert.ToHexStringLower(head.AsSpan(0, 4))}; wanted 0000080{dimensions} (IDX of bytes)");
        var sizes = new int[dimensions];
        for (var d = 0; d < dimensions; d++)
        {
            sizes[d] = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4 + 4 * d));
            if (sizes[d] < 0) throw DatasetRefused.File($"{file.Name}: size {(uint)sizes[d]} in the header is too large");
        }

        return sizes;
    }

    private static int Byte(Stream stream, TreeFile file)
    {
        Span<byte> one = stackalloc byte[1];
        FileTree.Fill(stream, one, file);
        return one[0];
    }

    private static void AtEnd(Stream stream, TreeFile file)
    {
        try
        {
            if (stream.ReadByte() >= 0) throw DatasetRefused.File($"{file.Name} goes on after the last item its header counts");
        }
        catch (InvalidDataException e)
        {
            throw DatasetRefused.File($"{file.Name} is broken", e);
        }
    }
}
