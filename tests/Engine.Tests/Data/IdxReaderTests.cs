using System.Buffers.Binary;
using System.IO.Compression;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Files;
using WebLab.Engine.Data.Readers;

namespace WebLab.Engine.Tests.Data;

public sealed class IdxReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Images_and_labels_come_in_order_plain_or_zipped(bool gzip)
    {
        using var reader = new IdxReader(Write(gzip: gzip));
        var samples = Drawn.All(reader);
        Assert.Equal(new ImageShape(1, 2, 3), reader.Shape);
        Assert.Equal([0, 2, 1], samples.Select(s => s.Label));
        Assert.Equal([0, 1, 2, 3, 4, 5], samples[0].Pixels);
        Assert.Equal([6, 7, 8, 9, 10, 11], samples[1].Pixels);
        Assert.Equal(Split.Test, samples[2].Split);
        Assert.Equal(["0", "1", "2"], reader.Classes);
    }

    [Fact]
    public void Three_channels_repeat_the_grey_plane()
    {
        using var reader = new IdxReader(Write(), channels: 3);
        Assert.Equal([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5], Drawn.All(reader)[0].Pixels);
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte", 3, 1, "magic")]
    [InlineData("train-images-idx3-ubyte", 7, 3, "3 images but 2 labels")]
    [InlineData("train-labels-idx1-ubyte", 7, 9, "2 images but 9 labels")]
    [InlineData("train-images-idx3-ubyte", 4, 0xFF, "too large")]
    [InlineData("train-images-idx3-ubyte", 11, 0, "of 0x3")]
    public void A_header_that_does_not_fit_is_refused(string name, int at, byte value, string says)
    {
        Write().Dispose();
        var path = Path.Combine(_folder.Path, name);
        var bytes = File.ReadAllBytes(path);
        bytes[at] = value;
        File.WriteAllBytes(path, bytes);
        Assert.Contains(says, Assert.Throws<DatasetRefused>(() => new IdxReader(Open())).Message);
    }

    [Theory]
    [InlineData(-1, "ends early")]
    [InlineData(1, "goes on")]
    public void A_file_of_the_wrong_length_is_refused(int change, string says)
    {
        Write().Dispose();
        using (var file = File.OpenWrite(Path.Combine(_folder.Path, "train-images-idx3-ubyte"))) file.SetLength(file.Length + change);
        using var reader = new IdxReader(Open());
        Assert.Contains(says, Assert.Throws<DatasetRefused>(() => Drawn.All(reader)).Message);
    }

    [Fact]
    public void Mnist_reads_whole()
    {
        using var reader = new IdxReader(FileTree.Open(SharedData.Require("mnist"), _folder.Path, DatasetLimits.Default));
        var manifest = Importer.Import(Path.Combine(_folder.Path, "datasets"), "mnist", "MNIST", reader, TimeProvider.System);
        Assert.Equal((60_000, 10_000), (manifest.Train.Count, manifest.Test.Count));
        Assert.Equal([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], manifest.Train.PerClass);
        Assert.Equal(0.1307, manifest.Mean[0], 1e-4);
        Assert.Equal(0.3081, manifest.Std[0], 1e-4);
    }

    private FileTree Open() => FileTree.Open(_folder.Path, _folder.Path, DatasetLimits.Default);

    private FileTree Write(bool gzip = false)
    {
        Put("train-images-idx3-ubyte", gzip, [2, 2, 3], 12);
        Put("train-labels-idx1-ubyte", gzip, [2], 0, [0, 2]);
        Put("t10k-images-idx3-ubyte", gzip, [1, 2, 3], 6);
        Put("t10k-labels-idx1-ubyte", gzip, [1], 0, [1]);
        return Open();
    }

    private void Put(string name, bool gzip, int[] sizes, int count, byte[]? values = null)
    {
        var head = new byte[4 + 4 * sizes.Length];
        (head[2], head[3]) = (8, (byte)sizes.Length);
        for (var d = 0; d < sizes.Length; d++) BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4 + 4 * d), sizes[d]);
        using var file = File.Create(Path.Combine(_folder.Path, gzip ? name + ".gz" : name));
        using var packed = gzip ? new GZipStream(file, CompressionLevel.Fastest) : (Stream)file;
        packed.Write(head);
        packed.Write(values ?? [.. Enumerable.Range(0, count).Select(i => (byte)i)]);
    }
}
