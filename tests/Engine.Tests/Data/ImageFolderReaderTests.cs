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

    [Fact]
    public void Tiny_imagenets_own_layout_is_read()
    {
        Put("t/train/n01/images/n01_0.png", "t/train/n02/images/n02_0.png", "t/val/images/val_0.png", "t/val/images/val_1.png");
        File.WriteAllText(Path.Combine(_folder.Path, "in", "t", "train", "n01", "n01_boxes.txt"), "n01_0.png\t0\t0\t1\t1\n");
        File.WriteAllText(Path.Combine(_folder.Path, "in", "t", "val", "val_annotations.txt"), "val_0.png\tn02\t0\t0\t1\t1\nval_1.png\tn01\t0\t0\t1\t1\n");
        using var reader = Reader();
        Assert.Equal(["n01", "n02"], reader.Classes);
        Assert.Equal([0, 1], Drawn.All(reader).Where(s => s.Split == Split.Test).Select(s => s.Label).Order());
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
