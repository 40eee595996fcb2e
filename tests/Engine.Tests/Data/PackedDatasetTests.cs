using WebLab.Engine.Data;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Tests.Data;

public sealed class PackedDatasetTests : IDisposable
{
    private readonly TempFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void What_was_packed_comes_back_in_order()
    {
        Drawn.Shapes(_data.Path);
        using var reader = new Shapes32(40, 20);
        using var packed = DatasetShelf.In(_data.Path).Open(Shapes32.Id, verify: true);
        var samples = Drawn.All(reader);
        var at = 0;
        foreach (var split in new[] { packed.Train, packed.Test })
            for (var i = 0; i < split.Count; i++, at++)
            {
                Assert.Equal(samples[at].Pixels, split.Read(i));
                Assert.Equal(samples[at].Label, split.Label(i));
            }

        Assert.Equal(samples.Count, at);
    }

    [Fact]
    public void A_batch_is_gathered_in_the_order_asked_for()
    {
        Drawn.Shapes(_data.Path);
        using var packed = DatasetShelf.In(_data.Path).Open(Shapes32.Id);
        var size = packed.Manifest.Shape.Bytes;
        var (pixels, labels) = (new byte[3 * size], new long[3]);
        packed.Train.Gather([7, 0, 7], pixels, labels);
        Assert.Equal(packed.Train.Read(7), pixels[..size]);
        Assert.Equal(packed.Train.Read(0), pixels[size..(2 * size)]);
        Assert.Equal(packed.Train.Read(7), pixels[(2 * size)..]);
        Assert.Equal([7, 0, 7], labels);
    }

    [Fact]
    public void Mean_and_deviation_are_those_of_the_training_pixels()
    {
        var manifest = Drawn.Shapes(_data.Path);
        using var packed = DatasetShelf.In(_data.Path).Open(Shapes32.Id);
        for (var c = 0; c < 3; c++)
        {
            var values = Enumerable.Range(0, packed.Train.Count).SelectMany(i => packed.Train.Read(i).Skip(c * 1024).Take(1024)).Select(b => b / 255.0).ToArray();
            var mean = values.Average();
            Assert.Equal(mean, manifest.Mean[c], 1e-12);
            Assert.Equal(Math.Sqrt(values.Average(v => (v - mean) * (v - mean))), manifest.Std[c], 1e-12);
        }
    }

    [Fact]
    public void The_same_content_is_one_version_and_other_content_another()
    {
        var first = Drawn.Shapes(_data.Path);
        Assert.Equal(first, Drawn.Shapes(_data.Path), Same.Version);
        var other = Drawn.Shapes(_data.Path, seed: 1);
        Assert.NotEqual(first.Version, other.Version);
        var shelf = DatasetShelf.In(_data.Path);
        Assert.Equal(2, shelf.Versions(Shapes32.Id).Count);
        Assert.Equal(other.Version, shelf.Find(Shapes32.Id)!.Version);
        Assert.Equal(first.Version, shelf.Find(Shapes32.Id, first.Version)!.Version);
    }

    [Fact]
    public void A_shorter_file_is_a_changed_data_set()
    {
        var path = File("train.images.bin");
        using (var file = System.IO.File.OpenWrite(path)) file.SetLength(file.Length - 1);
        Assert.Equal(FailureCode.DatasetChanged, Assert.Throws<JobFailure>(Open).Code);
    }

    [Fact]
    public void A_flipped_bit_is_found_when_hashes_are_compared()
    {
        var path = File("test.images.bin");
        var bytes = System.IO.File.ReadAllBytes(path);
        bytes[100] ^= 1;
        System.IO.File.WriteAllBytes(path, bytes);
        Open().Dispose();
        Assert.Equal(FailureCode.DatasetChanged, Assert.Throws<JobFailure>(() => DatasetShelf.In(_data.Path).Open(Shapes32.Id, verify: true)).Code);
    }

    [Fact]
    public void A_label_outside_the_classes_is_a_changed_data_set()
    {
        var path = File("train.labels.bin");
        var bytes = System.IO.File.ReadAllBytes(path);
        bytes[0] = 10;
        System.IO.File.WriteAllBytes(path, bytes);
        Assert.Equal(FailureCode.DatasetChanged, Assert.Throws<JobFailure>(Open).Code);
    }

    [Fact]
    public void A_missing_file_or_set_is_a_missing_data_set()
    {
        System.IO.File.Delete(File("test.labels.bin"));
        Assert.Equal(FailureCode.DatasetMissing, Assert.Throws<JobFailure>(Open).Code);
        Assert.Equal(FailureCode.DatasetMissing, Assert.Throws<JobFailure>(() => DatasetShelf.In(_data.Path).Open("no-such-set")).Code);
        Assert.Equal(FailureCode.DatasetMissing, Assert.Throws<JobFailure>(() => DatasetShelf.In(_data.Path).Open("../shapes32")).Code);
        Assert.Equal(FailureCode.DatasetMissing, Assert.Throws<JobFailure>(() => DatasetShelf.In(_data.Path).Open(Shapes32.Id, "../../x")).Code);
    }

    [Fact]
    public void A_refused_import_leaves_nothing_behind()
    {
        using var reader = new Shapes32(40, 20);
        var tight = new DatasetLimits { Bytes = 50_000 };
        var refused = Assert.Throws<DatasetRefused>(() => Importer.Import(DatasetShelf.In(_data.Path).Folder, "tight", "Tight", reader, TimeProvider.System, tight));
        Assert.Equal(DatasetRefused.TooLarge, refused.Code);
        Assert.Empty(Directory.GetDirectories(Path.Combine(DatasetShelf.In(_data.Path).Folder, "tight")));
        Assert.Empty(DatasetShelf.In(_data.Path).List());
    }

    [Fact]
    public void What_a_killed_import_left_behind_goes_with_the_next_one()
    {
        var home = Directory.CreateDirectory(Path.Combine(DatasetShelf.In(_data.Path).Folder, Shapes32.Id)).FullName;
        Directory.CreateDirectory(Path.Combine(home, ".partial"));
        System.IO.File.WriteAllText(Path.Combine(home, ".partial", "train.images.bin"), "half");
        Assert.Empty(DatasetShelf.In(_data.Path).List());
        Drawn.Shapes(_data.Path);
        Assert.Single(Directory.GetDirectories(home));
    }

    [Fact]
    public void Two_imports_of_one_id_do_not_meet()
    {
        using var reader = new Shapes32(40, 20);
        using var writer = new PackedWriter(DatasetShelf.In(_data.Path).Folder, Shapes32.Id, reader, DatasetLimits.Default);
        Assert.Contains("is running", Assert.Throws<DatasetRefused>(() => Drawn.Shapes(_data.Path)).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("Upper")]
    [InlineData("-dash")]
    [InlineData("dash-")]
    [InlineData("a\n")]
    [InlineData("a%2e")]
    public void What_is_no_id_is_refused(string id) =>
        Assert.Equal(DatasetRefused.BadRequest, Assert.Throws<DatasetRefused>(() => Drawn.Shapes(_data.Path, id: id)).Code);

    private string File(string name)
    {
        var manifest = Drawn.Shapes(_data.Path);
        return Path.Combine(DatasetShelf.In(_data.Path).Folder, manifest.Id, manifest.Version, name);
    }

    private PackedDataset Open() => DatasetShelf.In(_data.Path).Open(Shapes32.Id);

    private static class Same
    {
        public static readonly IEqualityComparer<DatasetManifest> Version =
            EqualityComparer<DatasetManifest>.Create((a, b) => a!.Version == b!.Version, m => m.Version.GetHashCode(StringComparison.Ordinal));
    }
}
