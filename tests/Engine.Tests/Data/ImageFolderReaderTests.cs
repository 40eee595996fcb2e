using System.IO.Compression;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Files;
using WebLab.Engine.Data.Readers;
using WebLab.Engine.Images;
using WebLab.Engine.Tests.Images;

namespace WebLab.Engine.Tests.Data;

public sealed class ImageFolderReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("test")]
    [InlineData("val")]
    public void Splits_and_classes_come_from_the_folders(string test)
    {
        Put("flowers/train/rose/1.png", "flowers/train/rose/2.png", "flowers/train/tulip/deep/er/3.png", $"flowers/{test}/tulip/4.png", "flowers/readme.txt");
        using var reader = Reader();
        var samples = Drawn.All(reader);
        Assert.Equal(["rose", "tulip"], reader.Classes);
        Assert.Equal([0, 0, 1], samples.Where(s => s.Split == Split.Train).Select(s => s.Label).Order());
        Assert.Equal(1, Assert.Single(samples, s => s.Split == Split.Test).Label);
        Assert.Equal("flowers/readme.txt", Assert.Single(reader.Rejected).Name);
        Assert.All(samples, s => Assert.Equal(3 * 8 * 8, s.Pixels.Length));
    }

    [Fact]
    public void Without_splits_a_fifth_of_each_class_is_cut_off_the_same_way_each_time()
    {
        Put([.. Enumerable.Range(0, 10).SelectMany(i => new[] { $"a/{i}.png", $"b/{i}.png" })]);
        using var first = Reader();
        using var again = Reader();
        var samples = Drawn.All(first);
        Assert.Equal(4, samples.Count(s => s.Split == Split.Test));
        Assert.Equal(2, samples.Count(s => s is { Split: Split.Test, Label: 0 }));
        Assert.Equal(samples.Select(s => (s.Split, s.Label)), Drawn.All(again).Select(s => (s.Split, s.Label)));
        Assert.NotEqual(samples.Select(s => s.Label).Order(), samples.Where(s => s.Split == Split.Train).Select(s => s.Label));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tiny_imagenets_own_layout_is_read_with_its_words(bool words)
    {
        const string root = "tiny-imagenet-200/";
        Put(root + "train/n02124075/images/n02124075_0.png", root + "train/n01443537/images/n01443537_0.png", root + "val/images/val_0.png", root + "val/images/val_1.png",
            root + "test/images/test_0.png", root + "test/images/test_1.png");
        Text(root + "train/n02124075/n02124075_boxes.txt", "n02124075_0.png\t0\t0\t1\t1\n");
        Text(root + "val/val_annotations.txt", "val_0.png\tn02124075\t0\t0\t1\t1\nval_1.png\tn01443537\t0\t0\t1\t1\n");
        Text(root + "wnids.txt", "n02124075\nn01443537\n");
        if (words) Text(root + "words.txt", "n00001740\tentity\nn01443537\tgoldfish, Carassius auratus\nn02124075\tEgyptian cat\n");
        using var reader = Reader();
        Assert.Equal(words ? ["goldfish", "Egyptian cat"] : ["n01443537", "n02124075"], reader.Classes);
        Assert.Equal(words ? ["n01443537", "n02124075"] : null, reader.ClassIds);
        var samples = Drawn.All(reader);
        Assert.Equal([0, 1], samples.Where(s => s.Split == Split.Train).Select(s => s.Label).Order());
        Assert.Equal([0, 1], samples.Where(s => s.Split == Split.Test).Select(s => s.Label).Order());
        Assert.Equal(new RejectedFile("test/images", "2 files without labels"), Assert.Single(reader.Rejected));
    }

    [Fact]
    public void Imagenets_folders_take_their_names_from_the_list_of_synsets_and_no_two_alike()
    {
        Put("train/n02012849/1.png", "train/n03126707/1.png", "train/n03710637/1.png", "train/n03710721/1.png", "train/n01440764/1.png", "val/n02012849/2.png");
        Text("LOC_synset_mapping.txt", "n02012849 crane\nn03126707 crane\nn03710637 maillot\nn03710721 maillot, tank suit\nn01440764 tench, Tinca tinca\n");
        using var reader = Reader();
        Assert.Equal(["n01440764", "n02012849", "n03126707", "n03710637", "n03710721"], reader.ClassIds);
        Assert.Equal(["tench", "crane (n02012849)", "crane (n03126707)", "maillot", "maillot, tank suit"], reader.Classes);
        Assert.Empty(reader.Rejected);
    }

    [Theory]
    [InlineData("imagenet-a/")]
    [InlineData("stylized/val/")]
    [InlineData("")]
    public void A_set_for_tests_alone_has_no_training_images(string root)
    {
        Put(root + "n01498041/1.png", root + "n01531178/1.png", root + "n01531178/2.png");
        if (root.StartsWith("stylized", StringComparison.Ordinal)) Put("stylized/train/n01498041/9.png", "stylized/train/n01531178/9.png");
        if (root.StartsWith("imagenet-a", StringComparison.Ordinal)) Text("imagenet-a/README.txt", "ImageNet-A");
        var import = new ImportRequest("folders", "a", Size: 8, TestOnly: true);
        using var reader = import.Open(Path.Combine(_folder.Path, "in"), _folder.Path, DatasetLimits.Default);
        var manifest = Importer.Import(Path.Combine(_folder.Path, "datasets"), "a", "A", reader, TimeProvider.System);
        Assert.Equal((0, 3, true), (manifest.Train.Count, manifest.Test.Count, manifest.TestOnly));
        Assert.Equal([1, 2], manifest.Test.PerClass);
        Assert.InRange(manifest.Mean[0], 0.1, 0.9);
        if (root.StartsWith("stylized", StringComparison.Ordinal))
            Assert.Equal(new RejectedFile("train", "2 files: only test images were asked for"), Assert.Single(manifest.Rejected));
        using var packed = new DatasetShelf(Path.Combine(_folder.Path, "datasets")).Open("a", verify: true);
        Assert.Equal((0, 3), (packed.Train.Count, packed.Test.Count));
    }

    [Fact]
    public void Ids_and_names_of_classes_are_kept_in_the_manifest()
    {
        Put("train/n01443537/1.png", "train/n02124075/1.png", "val/n01443537/2.png");
        Text("words.txt", "n01443537\tgoldfish, Carassius auratus\n");
        using var reader = Reader();
        var manifest = Importer.Import(Path.Combine(_folder.Path, "datasets"), "two", "Two", reader, TimeProvider.System);
        var read = new DatasetShelf(Path.Combine(_folder.Path, "datasets")).Find("two")!;
        Assert.Equal(["goldfish", "n02124075"], read.Classes);
        Assert.Equal(["n01443537", "n02124075"], read.ClassIds);
        Assert.Equal(manifest.Sha256, read.Sha256);
        using var without = ReaderWithout("words.txt");
        Assert.NotEqual(read.Version, Importer.Import(Path.Combine(_folder.Path, "datasets"), "two", "Two", without, TimeProvider.System).Version);
    }

    [Fact]
    public void An_unreadable_image_is_left_out_and_listed_with_its_reason()
    {
        Put("train/a/1.png", "train/b/1.png", "test/a/1.png");
        File.WriteAllText(Path.Combine(_folder.Path, "in", "train", "a", "bad.png"), "not an image");
        using var reader = Reader();
        Assert.Equal(3, Drawn.All(reader).Count);
        var rejected = Assert.Single(reader.Rejected);
        Assert.Equal("train/a/bad.png", rejected.Name);
        Assert.Contains("not an image", rejected.Reason);
    }

    [Fact]
    public void A_class_without_a_readable_image_is_refused()
    {
        Put("train/a/1.png", "test/a/1.png");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "in", "train", "b"));
        File.WriteAllText(Path.Combine(_folder.Path, "in", "train", "b", "bad.png"), "not an image");
        using var reader = Reader();
        Assert.Contains("class 'b'", Assert.Throws<DatasetRefused>(() => Drawn.All(reader)).Message);
    }

    [Fact]
    public void A_test_class_that_training_lacks_is_refused()
    {
        Put("train/a/1.png", "train/b/1.png", "test/c/1.png");
        Assert.Contains("'c'", Assert.Throws<DatasetRefused>(Reader).Message);
    }

    [Fact]
    public void The_middle_square_is_kept()
    {
        // 24 x 8: a white middle between black ends.
        var pixels = new byte[24 * 8 * 3];
        for (var y = 0; y < 8; y++) pixels.AsSpan((y * 24 + 8) * 3, 24).Fill(255);
        Write("train/a/1.png", new RgbImage(24, 8, pixels));
        Put("train/b/1.png", "test/a/1.png");
        using var reader = Reader();
        Assert.All(Drawn.All(reader).First(s => s is { Split: Split.Train, Label: 0 }).Pixels, v => Assert.Equal(255, v));
    }

    [Fact]
    public void The_real_zip_of_ten_classes_reads_whole()
    {
        var zip = SharedData.Require("tiny-imagenet-10.zip");
        var small = Path.Combine(_folder.Path, "small.zip");
        using (var from = ZipFile.OpenRead(zip))
        using (var to = ZipFile.Open(small, ZipArchiveMode.Create))
            foreach (var entry in from.Entries.Where(e => e.Name.EndsWith(".JPEG", StringComparison.Ordinal)).GroupBy(e => e.FullName[..^e.Name.Length]).SelectMany(g => g.Take(2)))
            {
                using var plain = entry.Open();
                using var copy = to.CreateEntry(entry.FullName).Open();
                plain.CopyTo(copy);
            }

        using var reader = new ImageFolderReader(FileTree.Open(small, _folder.Path, DatasetLimits.Default), 32);
        var manifest = Importer.Import(Path.Combine(_folder.Path, "datasets"), "tiny", "Tiny", reader, TimeProvider.System);
        Assert.Equal(10, manifest.Classes.Count);
        Assert.Equal((20, 20), (manifest.Train.Count, manifest.Test.Count));
        Assert.Equal(0, manifest.RejectedCount);
    }

    private ImageFolderReader Reader() => new(FileTree.Open(Path.Combine(_folder.Path, "in"), _folder.Path, DatasetLimits.Default), 8);

    private ImageFolderReader ReaderWithout(string name)
    {
        File.Delete(Path.Combine(_folder.Path, "in", name));
        return Reader();
    }

    private void Text(string name, string text)
    {
        var path = Path.Combine(_folder.Path, "in", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private void Put(params string[] names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (names[i].EndsWith(".png", StringComparison.Ordinal)) Write(names[i], Pictures.Noise(9, 9, seed: i));
            else File.WriteAllText(Path.Combine(_folder.Path, "in", names[i]), "text");
        }
    }

    private void Write(string name, RgbImage image)
    {
        var path = Path.Combine(_folder.Path, "in", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, PngFile.Encode(image));
    }
}
