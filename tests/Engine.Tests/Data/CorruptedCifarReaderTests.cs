using System.Formats.Tar;
using System.Text;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Files;
using WebLab.Engine.Data.Readers;

namespace WebLab.Engine.Tests.Data;

public sealed class CorruptedCifarReaderTests : IDisposable
{
    private const int ImageBytes = 3 * 32 * 32;
    private static readonly byte[] Labels = [3, 8, 3, 8, 3, 8, 3, 8, 3, 8];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("|u1")]
    [InlineData("<i8")]
    [InlineData("<i4")]
    public void Every_corruption_has_five_groups_of_upright_images(string type)
    {
        Put("labels.npy", Npy(type, "(10,)", Numbers(type, Labels)));
        Put("fog.npy", Images(1));
        Put("brightness.npy", Images(2), version: 2);
        using var reader = Reader();
        var samples = Drawn.All(reader);
        Assert.Equal(20, reader.Total);
        Assert.Equal([.. Labels, .. Labels], samples.Select(s => (byte)s.Label));
        Assert.All(samples, s => Assert.Equal(Split.Test, s.Split));
        // In the order of the benchmark: fog before brightness.
        Assert.Equal(["fog/1", "fog/2", "fog/3", "fog/4", "fog/5", "brightness/1", "brightness/2", "brightness/3", "brightness/4", "brightness/5"], reader.Groups.Select(g => g.Name));
        Assert.Equal(new SampleGroup("brightness/4", 16, 2), reader.Groups[8]);
        for (var i = 0; i < 20; i++)
            for (var c = 0; c < 3; c++)
                for (var y = 0; y < 32; y += 5)
                    for (var x = 0; x < 32; x += 7)
                        Assert.Equal(Pixel(1 + i / 10, i % 10, y, x, c), samples[i].Pixels[c * 1024 + y * 32 + x]);
        Assert.Equal("airplane", reader.Classes[0]);
    }

    [Fact]
    public void What_is_missing_or_strange_is_told_and_the_rest_imported()
    {
        Put("labels.npy", Npy("|u1", "(10,)", Labels));
        Put("fog.npy", Images(1));
        Put("sepia.npy", Images(2));
        var tar = Path.Combine(_folder.Path, "CIFAR-10-C.tar");
        TarFile.CreateFromDirectory(Path.Combine(_folder.Path, "CIFAR-10-C"), tar, includeBaseDirectory: true);
        using var reader = new ImportRequest(ImportRequest.Auto, "c").Open(tar, Path.Combine(_folder.Path, "scratch"), DatasetLimits.Default);
        var manifest = Importer.Import(Path.Combine(_folder.Path, "datasets"), "c", "C", reader, TimeProvider.System);
        Assert.Equal((0, 10), (manifest.Train.Count, manifest.Test.Count));
        Assert.Equal(5, manifest.Groups!.Count);
        Assert.Equal("CIFAR-10-C, 1 of 19 corruptions: fog", manifest.Source);
        Assert.Equal(19, manifest.RejectedCount);
        Assert.Equal(new RejectedFile("CIFAR-10-C/sepia.npy", "none of the 19 corruptions"), manifest.Rejected[0]);
        Assert.Contains(manifest.Rejected, r => r.Name == "snow.npy" && r.Reason.Contains("lacks this corruption", StringComparison.Ordinal));
        Assert.Equal(manifest.Groups, new DatasetShelf(Path.Combine(_folder.Path, "datasets")).Find("c")!.Groups);
    }

    public static TheoryData<string, string> WrongHeaders => new()
    {
        { "{'descr': '|O', 'fortran_order': False, 'shape': (10,), }", "holds Python objects (a pickle)" },
        { "{'descr': '>i8', 'fortran_order': False, 'shape': (10,), }", "numbers of type >i8; wanted |u1" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (10,), }", "numbers of type <f4; wanted |u1" },
        { "{'descr': '|u1', 'fortran_order': True, 'shape': (10,), }", "Fortran order" },
        { "{'descr': [('a', '<i8'), ('b', '|u1')], 'fortran_order': False, 'shape': (10,), }", "a table of several fields" },
        { "{'descr': '|u1', 'fortran_order': False, 'shape': (5, 2), }", "labels.npy is 5 x 2 of |u1; wanted one row" },
        { "{'descr': '|u1', 'fortran_order': False, 'shape': (), }", "promises a single number of |u1" },
        { "{'descr': '|u1', 'fortran_order': False, 'shape': (11,), }", "has 138 bytes; its header promises 11 of |u1, which makes 139" },
        { "{'descr': '|u1', 'fortran_order': False, 'shape': (-10,), }", "has a header that is not" },
        { "{'descr': '|u1', 'descr': '|u1', 'shape': (10,), }", "has a header that is not" },
        { "{'descr': '|u1', 'fortran_order': False, 'shape': (999999999, 999999999, 999999999), }", "claims the shape" },
        { "import os", "has a header that is not" },
    };

    [Theory]
    [MemberData(nameof(WrongHeaders))]
    public void A_header_of_another_kind_is_refused_by_what_it_is(string header, string message)
    {
        Put("fog.npy", Images(1));
        Put("labels.npy", [.. Head(1, header), .. Labels]);
        Assert.Contains(message, Refused());
    }

    [Fact]
    public void What_breaks_the_layout_is_named()
    {
        Put("fog.npy", Images(1));
        Assert.Contains("labels.npy is missing", Refused());
        Put("labels.npy", Npy("|u1", "(10,)", [3, 8, 3, 8, 3, 8, 3, 8, 3, 10]));
        Assert.Contains("label 10 at 9; wanted 0..9", Refused());
        Put("labels.npy", Npy("|u1", "(9,)", Labels[1..]));
        Assert.Contains("five times as many", Refused());
        Put("labels.npy", Npy("|u1", "(5,)", Labels[5..]));
        Assert.Contains("fog.npy is 10 x 32 x 32 x 3 of |u1; wanted 5 x 32 x 32 x 3 of |u1", Refused());
        Put("labels.npy", Npy("|u1", "(10,)", Labels));
        Put("fog.npy", Images(1)[..^1]);
        Assert.Contains("fog.npy has", Refused());
        Put("fog.npy", [.. "PK\u0003\u0004"u8, .. new byte[200]]);
        Assert.Contains("does not begin with \\x93NUMPY", Refused());
        File.Delete(Path.Combine(_folder.Path, "CIFAR-10-C", "fog.npy"));
        Assert.Contains("there is no file of a corruption", Refused());
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused_and_no_changed_byte_breaks_the_reader()
    {
        Put("fog.npy", Images(1));
        var whole = Npy("<i8", "(10,)", Numbers("<i8", Labels));
        for (var cut = 0; cut < whole.Length; cut++)
        {
            Put("labels.npy", whole[..cut]);
            Refused();
        }

        for (var at = 0; at < 128; at++)
            foreach (var value in "\0'(),9{}|<\u007f"u8.ToArray().Append((byte)~whole[at]))
            {
                var changed = whole.ToArray();
                changed[at] = value;
                Put("labels.npy", changed);
                try
                {
                    using var reader = Reader();
                    Drawn.All(reader);
                }
                catch (DatasetRefused e)
                {
                    Assert.Contains("labels.npy", e.Message);
                }
            }
    }

    private CorruptedCifarReader Reader() => new(FileTree.Open(Path.Combine(_folder.Path, "CIFAR-10-C"), _folder.Path, DatasetLimits.Default));

    private string Refused() => Assert.Throws<DatasetRefused>(() =>
    {
        using var reader = Reader();
        Drawn.All(reader);
    }).Message;

    private void Put(string name, byte[] bytes, byte version = 1)
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "CIFAR-10-C"));
        // From version 1 to 2: a longer field for the header's length.
        if (version == 2) bytes = [.. bytes[..6], 2, 0, .. bytes[8..10], 0, 0, .. bytes[10..]];
        File.WriteAllBytes(Path.Combine(_folder.Path, "CIFAR-10-C", name), bytes);
    }

    // As numpy.save writes it: the header ends in a line feed and is padded by spaces to 128 bytes.
    private static byte[] Npy(string type, string shape, byte[] numbers) => [.. Head(1, $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}"), .. numbers];

    private static byte[] Head(byte version, string header)
    {
        var text = header.PadRight(128 - 10 - 1) + "\n";
        return [0x93, .. "NUMPY"u8, version, 0, (byte)text.Length, (byte)(text.Length >> 8), .. Encoding.Latin1.GetBytes(text)];
    }

    private static byte[] Numbers(string type, byte[] values) => [.. values.SelectMany(v =>
    {
        var bytes = new byte[type == "<i8" ? 8 : type == "<i4" ? 4 : 1];
        bytes[0] = v;
        return bytes;
    })];

    private static byte[] Images(int key) => Npy("|u1", "(10, 32, 32, 3)",
        [.. Enumerable.Range(0, 10 * ImageBytes).Select(k => Pixel(key, k / ImageBytes, k / 96 % 32, k / 3 % 32, k % 3))]);

    private static byte Pixel(int key, int image, int row, int column, int channel) => (byte)(key * 41 + image * 31 + channel * 71 + row * 5 + column * 3);
}
