using System.Formats.Tar;
using System.IO.Compression;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Files;
using WebLab.Engine.Data.Readers;

namespace WebLab.Engine.Tests.Data;

public sealed class CifarReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_come_in_file_order_with_their_labels()
    {
        using var reader = CifarReader.Of10(Open(Write()));
        var samples = Drawn.All(reader);
        Assert.Equal(7, reader.Total);
        Assert.Equal([0, 1, 2, 3, 4, 9, 8], samples.Select(s => s.Label));
        Assert.Equal([Split.Train, Split.Train, Split.Train, Split.Train, Split.Train, Split.Test, Split.Test], samples.Select(s => s.Split));
        Assert.All(samples, s => Assert.Equal(Pixels(s.Label), s.Pixels));
        Assert.Equal("airplane", reader.Classes[0]);
    }

    [Fact]
    public void A_tar_gz_reads_like_the_folder()
    {
        using var plain = CifarReader.Of10(Open(Write()));
        using var packed = CifarReader.Of10(Open(Tarred()));
        Assert.Equal(Drawn.All(plain).Select(s => (s.Split, s.Label)), Drawn.All(packed).Select(s => (s.Split, s.Label)));
    }

    [Fact]
    public void A_cut_off_tar_gz_is_refused()
    {
        var path = Tarred();
        using (var file = File.OpenWrite(path)) file.SetLength(file.Length / 2);
        Assert.Equal(DatasetRefused.BadArchive, Assert.Throws<DatasetRefused>(() => Open(path)).Code);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "scratch")) && Directory.GetFiles(Path.Combine(_folder.Path, "scratch")).Length == 0);
    }

    [Fact]
    public void A_file_that_is_no_whole_number_of_records_is_refused_by_name()
    {
        var folder = Write();
        using (var file = File.OpenWrite(Path.Combine(folder, "data_batch_2.bin"))) file.SetLength(file.Length - 1);
        var refused = Assert.Throws<DatasetRefused>(() => CifarReader.Of10(Open(folder)));
        Assert.Contains("data_batch_2.bin has 3072 bytes", refused.Message);
    }

    [Fact]
    public void A_label_outside_the_classes_is_refused_with_its_record()
    {
        var folder = Write();
        var path = Path.Combine(folder, "data_batch_1.bin");
        var bytes = File.ReadAllBytes(path);
        bytes[3073] = 10;
        File.WriteAllBytes(path, bytes);
        using var reader = CifarReader.Of10(Open(folder));
        Assert.Contains("label 10 in record 1", Assert.Throws<DatasetRefused>(() => Drawn.All(reader)).Message);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var folder = Write();
        File.Delete(Path.Combine(folder, "test_batch.bin"));
        Assert.Contains("test_batch.bin", Assert.Throws<DatasetRefused>(() => CifarReader.Of10(Open(folder))).Message);
        Assert.Contains("data_batch_1.bin", Assert.Throws<DatasetRefused>(() => CifarReader.Of10(Open(Directory.CreateDirectory(Path.Combine(_folder.Path, "none")).FullName))).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cifar100_takes_the_fine_label_and_its_official_name(bool packed)
    {
        var folder = Hundred();
        using var reader = new ImportRequest(ImportRequest.Auto, "hundred").Open(packed ? Tarred(folder) : folder, Path.Combine(_folder.Path, "scratch"), DatasetLimits.Default);
        var samples = Drawn.All(reader);
        Assert.Equal([99, 19, 42], samples.Select(s => s.Label));
        Assert.Equal([Split.Train, Split.Train, Split.Test], samples.Select(s => s.Split));
        Assert.Equal(Pixels(19), samples[1].Pixels);
        Assert.Equal("class19", reader.Classes[19]);
        Assert.Equal(100, reader.Classes.Count);
    }

    [Fact]
    public void Cifar100_refuses_what_is_cut_or_out_of_range()
    {
        var folder = Hundred();
        File.WriteAllBytes(Path.Combine(folder, "test.bin"), [3, 100, .. Pixels(2)]);
        Assert.Contains("label 100 in record 0", Refused(folder));
        File.WriteAllBytes(Path.Combine(folder, "test.bin"), [3, 42, .. Pixels(2)[1..]]);
        Assert.Contains("test.bin has 3073 bytes; wanted a whole number of 3074-byte records", Refused(folder));
        File.WriteAllLines(Path.Combine(folder, "fine_label_names.txt"), ["apple", "aquarium_fish"]);
        Assert.Contains("has 2 names; wanted 100", Refused(folder));
        File.Delete(Path.Combine(folder, "fine_label_names.txt"));
        Assert.Contains("fine_label_names.txt is missing", Refused(folder));

        string Refused(string folder) => Assert.Throws<DatasetRefused>(() =>
        {
            using var reader = CifarReader.Of100(Open(folder));
            Drawn.All(reader);
        }).Message;
    }

    // As cifar-100-binary.tar.gz unpacks; a record is the coarse label, the fine label, the planes.
    private string Hundred()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "cifar-100-binary")).FullName;
        File.WriteAllBytes(Path.Combine(folder, "train.bin"), [3, 99, .. Pixels(1), 11, 19, .. Pixels(19)]);
        File.WriteAllBytes(Path.Combine(folder, "test.bin"), [3, 42, .. Pixels(2)]);
        File.WriteAllLines(Path.Combine(folder, "fine_label_names.txt"), [.. Enumerable.Range(0, 100).Select(i => $"class{i}"), ""]);
        File.WriteAllLines(Path.Combine(folder, "coarse_label_names.txt"), Enumerable.Range(0, 20).Select(i => $"coarse{i}"));
        return folder;
    }

    [Fact]
    public void The_real_records_of_the_tiny_set_are_balanced()
    {
        var folder = SharedData.Require("cifar10-tiny");
        var copy = Directory.CreateDirectory(Path.Combine(_folder.Path, "tiny")).FullName;
        SharedData.Unzip(Path.Combine(folder, "cifar10-tiny-train.bin.gz"), Path.Combine(copy, "data_batch_1.bin"));
        SharedData.Unzip(Path.Combine(folder, "cifar10-tiny-test.bin.gz"), Path.Combine(copy, "test_batch.bin"));
        using var reader = CifarReader.Of10(Open(copy));
        var manifest = Importer.Import(Path.Combine(_folder.Path, "datasets"), "cifar10-tiny", "Tiny", reader, TimeProvider.System);
        Assert.Equal((1000, 200), (manifest.Train.Count, manifest.Test.Count));
        Assert.All(manifest.Train.PerClass, n => Assert.Equal(100, n));
        // CIFAR-10's well-known channel means are 0.4914, 0.4822, 0.4465.
        Assert.Equal(0.49, manifest.Mean[0], 0.02);
        Assert.Equal(0.48, manifest.Mean[1], 0.02);
        Assert.Equal(0.45, manifest.Mean[2], 0.02);
    }

    private FileTree Open(string path) => FileTree.Open(path, Path.Combine(_folder.Path, "scratch"), DatasetLimits.Default);

    private static byte[] Pixels(int key) => [.. Enumerable.Range(0, 3072).Select(i => (byte)(i * 7 + key))];

    private static byte[] Record(int label) => [(byte)label, .. Pixels(label)];

    private string Write()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "cifar-10-batches-bin")).FullName;
        File.WriteAllBytes(Path.Combine(folder, "data_batch_1.bin"), [.. Record(0), .. Record(1)]);
        File.WriteAllBytes(Path.Combine(folder, "data_batch_2.bin"), Record(2));
        File.WriteAllBytes(Path.Combine(folder, "data_batch_3.bin"), [.. Record(3), .. Record(4)]);
        File.WriteAllBytes(Path.Combine(folder, "test_batch.bin"), [.. Record(9), .. Record(8)]);
        File.WriteAllText(Path.Combine(folder, "readme.html"), "<html>");
        return folder;
    }

    private string Tarred(string? folder = null)
    {
        var path = Path.Combine(_folder.Path, "cifar.tar.gz");
        using var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        TarFile.CreateFromDirectory(folder ?? Write(), gzip, includeBaseDirectory: true);
        return path;
    }
}
