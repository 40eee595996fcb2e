using System.Text;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Files;
using WebLab.Engine.Data.Readers;

namespace WebLab.Engine.Tests.Data;

public sealed class SvhnReaderTests : IDisposable
{
    private const int ImageBytes = 3 * 32 * 32;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, true, false)]
    [InlineData(false, false, false)]
    [InlineData(true, true, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void Images_come_upright_and_label_10_is_the_digit_0(bool bigEndian, bool packed, bool doubles)
    {
        Put("train_32x32.mat", new MatFile(bigEndian, packed), [1, 10, 5, 9, 2], doubles);
        Put("test_32x32.mat", new MatFile(bigEndian, packed), [10], doubles);
        using var reader = Reader();
        var samples = Drawn.All(reader);
        Assert.Equal([1, 0, 5, 9, 2, 0], samples.Select(s => s.Label));
        Assert.Equal(5, samples.Count(s => s.Split == Split.Train));
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], reader.Classes);
        for (var i = 0; i < 5; i++)
            for (var c = 0; c < 3; c++)
                for (var y = 0; y < 32; y += 7)
                    for (var x = 0; x < 32; x += 5)
                        Assert.Equal(Pixel(i, c, y, x), samples[i].Pixels[c * 1024 + y * 32 + x]);
    }

    [Fact]
    public void The_order_of_the_arrays_and_others_beside_them_do_not_matter()
    {
        foreach (var packed in new[] { true, false })
        {
            var file = new MatFile(packed: packed);
            file.Add("note", [1, 5], 4, 16, "hello"u8.ToArray());
            file.Add("y", [1, 2], MatFile.UInt8Class, MatFile.UInt8, [3, 10]).Add("more", [1, 3], MatFile.DoubleClass, MatFile.UInt8, [1, 2, 3]);
            file.Add("X", [32, 32, 3, 2], MatFile.UInt8Class, MatFile.UInt8, Stored(2));
            File.WriteAllBytes(At("train_32x32.mat"), file.Bytes());
            File.WriteAllBytes(At("test_32x32.mat"), file.Bytes());
            using var reader = Reader();
            Assert.Equal([3, 0, 3, 0], Drawn.All(reader).Select(s => s.Label));
        }
    }

    [Fact]
    public void Extra_images_are_trained_on_where_asked_for_and_told_of_where_not()
    {
        Both();
        Assert.Contains("extra_32x32.mat", Assert.Throws<DatasetRefused>(() => Reader(extra: true)).Message);
        Put("extra_32x32.mat", new MatFile(), [7, 8], doubles: false);
        using (var reader = Reader(extra: true))
        {
            Assert.Equal([1, 2, 7, 8, 3], Drawn.All(reader).Select(s => s.Label));
            Assert.Contains("extra_32x32.mat", reader.Source);
            Assert.Empty(reader.Rejected);
        }
        using var without = Reader();
        Assert.Equal([1, 2, 3], Drawn.All(without).Select(s => s.Label));
        Assert.Equal("extra_32x32.mat", Assert.Single(without.Rejected).Name);
    }

    [Fact]
    public void It_imports_and_is_known_by_its_files()
    {
        Both();
        using var reader = new ImportRequest(ImportRequest.Auto, "digits").Open(At(""), Path.Combine(_folder.Path, "scratch"), DatasetLimits.Default);
        Assert.IsType<SvhnReader>(reader);
        var manifest = Importer.Import(Path.Combine(_folder.Path, "datasets"), "digits", "SVHN", reader, TimeProvider.System);
        Assert.Equal((2, 1, 10), (manifest.Train.Count, manifest.Test.Count, manifest.Classes.Count));
    }

    [Fact]
    public void A_file_of_v7_3_is_refused_with_the_way_out()
    {
        Both();
        var head = new byte[520];
        Encoding.ASCII.GetBytes("MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Dec  5 2011 HDF5 schema 1.00 .").CopyTo(head, 0);
        File.WriteAllBytes(At("test_32x32.mat"), head);
        Assert.Contains("'-v7'", Assert.Throws<DatasetRefused>(() => Reader()).Message);
        File.WriteAllBytes(At("test_32x32.mat"), [0x89, .. "HDF\r\n\x1a\n"u8, .. new byte[200]]);
        Assert.Contains("v7.3", Assert.Throws<DatasetRefused>(() => Reader()).Message);
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "label", "label 11 of image 1" },
        { "fraction", "holds 1.5" },
        { "count", "y is 3 x 1; wanted 2 x 1" },
        { "shape", "X is 32 x 32 x 2 of UInt8; wanted 32 x 32 x 3 x N" },
        { "type", "X is 32 x 32 x 3 of Double" },
        { "cells", "y is a cell array" },
        { "name", "no array named y" },
        { "size", "do not make 32 x 32 x 3 x 9" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_breaks_the_layout_is_named(string what, string message)
    {
        Both();
        var file = new MatFile();
        byte[] two = [1, 2];
        switch (what)
        {
            case "label": file.Add("X", [32, 32, 3, 2], 9, 2, Stored(2)).Add("y", [2, 1], 9, 2, [1, 11]); break;
            case "fraction": file.Add("X", [32, 32, 3, 2], 9, 2, Stored(2)).Add("y", [2, 1], 6, 9, file.Doubles(1, 1.5)); break;
            case "count": file.Add("X", [32, 32, 3, 2], 9, 2, Stored(2)).Add("y", [3, 1], 9, 2, [1, 2, 3]); break;
            case "shape": file.Add("X", [32, 32, 2], 9, 2, new byte[2048]).Add("y", [2, 1], 9, 2, two); break;
            case "type": file.Add("X", [32, 32, 3], 6, 9, new byte[8 * ImageBytes]).Add("y", [1, 1], 9, 2, [1]); break;
            case "cells": file.Add("X", [32, 32, 3, 2], 9, 2, Stored(2)).Add("y", [2, 1], 1, 2, two); break;
            case "name": file.Add("X", [32, 32, 3, 2], 9, 2, Stored(2)).Add("labels", [2, 1], 9, 2, two); break;
            default: file.Add("X", [32, 32, 3, 9], 9, 2, Stored(2)).Add("y", [2, 1], 9, 2, two); break;
        }

        File.WriteAllBytes(At("train_32x32.mat"), file.Bytes());
        Assert.Contains(message, Assert.Throws<DatasetRefused>(Read).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_cut_anywhere_is_refused_and_no_changed_byte_breaks_the_reader(bool packed)
    {
        Both();
        var whole = new MatFile(packed: packed).Add("X", [32, 32, 3, 2], 9, 2, Stored(2)).Add("y", [2, 1], 9, 2, [1, 2]).Bytes();
        var head = Math.Min(whole.Length, 300);
        int[] cuts = [.. Enumerable.Range(0, head), .. Enumerable.Range(whole.Length - 60, 59)];
        foreach (var cut in cuts)
        {
            File.WriteAllBytes(At("train_32x32.mat"), whole[..cut]);
            Assert.Throws<DatasetRefused>(Read);
        }

        for (var at = 0; at < head; at++)
        {
            foreach (var value in new byte[] { 0, 1, 0x7F, 0xFF, (byte)~whole[at] })
            {
                var changed = whole.ToArray();
                changed[at] = value;
                File.WriteAllBytes(At("train_32x32.mat"), changed);
                try
                {
                    Read();
                }
                catch (DatasetRefused e)
                {
                    Assert.NotEmpty(e.Message);
                }
            }
        }
    }

    [Fact]
    public void A_changed_pixel_inside_the_packing_is_found_by_its_checksum()
    {
        Both();
        // Stored, not compressed: a changed byte still unpacks.
        var whole = new MatFile(level: System.IO.Compression.CompressionLevel.NoCompression).Add("X", [32, 32, 3, 2], 9, 2, Stored(2)).Add("y", [2, 1], 9, 2, [1, 2]).Bytes();
        whole[1000] ^= 1;
        File.WriteAllBytes(At("train_32x32.mat"), whole);
        Assert.Contains("train_32x32.mat is broken", Assert.Throws<DatasetRefused>(Read).Message);
    }

    private SvhnReader Reader(bool extra = false) => new(FileTree.Open(At(""), _folder.Path, DatasetLimits.Default), extra);

    private void Read()
    {
        using var reader = Reader();
        foreach (var _ in reader.Read(CancellationToken.None))
        {
        }
    }

    private void Both()
    {
        Put("train_32x32.mat", new MatFile(), [1, 2], doubles: false);
        Put("test_32x32.mat", new MatFile(), [3], doubles: false);
    }

    private void Put(string name, MatFile file, byte[] labels, bool doubles)
    {
        file.Add("X", labels.Length == 1 ? [32, 32, 3] : [32, 32, 3, labels.Length], MatFile.UInt8Class, MatFile.UInt8, Stored(labels.Length));
        if (doubles) file.Add("y", [labels.Length, 1], MatFile.DoubleClass, MatFile.Double, file.Doubles([.. labels.Select(l => (double)l)]));
        else file.Add("y", [labels.Length, 1], MatFile.UInt8Class, MatFile.UInt8, labels);
        File.WriteAllBytes(At(name), file.Bytes());
    }

    private string At(string name) => Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Path, "in")).FullName, name);

    // Column-major: the row runs fastest, then the column, the channel, the image.
    private static byte[] Stored(int count) => [.. Enumerable.Range(0, count * ImageBytes).Select(k => Pixel(k / ImageBytes, k / 1024 % 3, k % 32, k / 32 % 32))];

    private static byte Pixel(int image, int channel, int row, int column) => (byte)(image * 31 + channel * 71 + row * 5 + column * 3);
}
