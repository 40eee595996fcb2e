using System.Buffers.Binary;
using WebLab.Engine.Images;

namespace WebLab.Engine.Tests.Images;

public class ImageHeaderTests
{
    /// <summary>Name, file, wanted code.</summary>
    public static TheoryData<string, byte[], string> Hostile => new()
    {
        { "1 x 500,000,000 PNG", Pictures.PngOf(1, 500_000_000), ImageRefused.TooLarge },
        { "19,000 x 19,000 PNG", Pictures.PngOf(19_000, 19_000), ImageRefused.TooLarge },
        { "2^32-1 PNG", Pictures.PngOf(uint.MaxValue, uint.MaxValue), ImageRefused.Malformed },
        { "0 x 5 PNG", Pictures.PngOf(0, 5), ImageRefused.Malformed },
        { "text bomb in a PNG", Pictures.PngOf(5, 5, extra: ("zTXt", [.. "a\0\0"u8, .. Pictures.Zlib(new byte[64 << 20])])), ImageRefused.TooLarge },
        { "profile bomb in a PNG", Pictures.PngOf(5, 5, extra: ("iCCP", [.. "a\0\0"u8, .. Pictures.Zlib(new byte[64 << 20])])), ImageRefused.TooLarge },
        { "100,000-frame APNG", Pictures.PngOf(5, 5, extra: [.. Enumerable.Repeat(("fcTL", new byte[26]), 100_000)]), ImageRefused.TooLarge },
        { "PNG with an unknown critical chunk", Pictures.PngOf(5, 5, extra: ("ABCD", [])), ImageRefused.Malformed },
        { "64,250 x 64,250 JPEG", Jpeg(64_250, 64_250), ImageRefused.TooLarge },
        { "0 x 0 JPEG", Jpeg(0, 0), ImageRefused.Malformed },
        { "65,535 x 65,535 GIF", [.. "GIF89a"u8, 255, 255, 255, 255, 0, 0, 0, 0x3B], ImageRefused.TooLarge },
        { "100,000-frame GIF", Frames(100_000), ImageRefused.TooLarge },
        { "BMP of 2^31-1 a side", Bmp(int.MaxValue, int.MaxValue), ImageRefused.TooLarge },
        { "BMP of -2^31 rows", Bmp(5, int.MinValue), ImageRefused.Malformed },
        { "16,384 x 16,384 WebP", Webp(16_383), ImageRefused.TooLarge },
        { "TIFF of 2^31-1 a side", Tiff(int.MaxValue), ImageRefused.TooLarge },
        { "TIFF of 2^32-1 a side", Tiff(-1), ImageRefused.Malformed },
        { "TIFF whose pages go round", Tiff(5, next: 8), ImageRefused.TooLarge },
        { "99,999 x 99,999 PPM", "P6 99999 99999 255\n"u8.ToArray(), ImageRefused.TooLarge },
        { "PPM with an endless number", [.. "P6 "u8, .. Enumerable.Repeat((byte)'9', 5000)], ImageRefused.Malformed },
        { "empty", [], ImageRefused.Malformed },
        { "SVG", "<?xml version='1.0'?><svg onload='alert(1)'/>"u8.ToArray(), ImageRefused.Unsupported },
        { "HTML", "<html><script>"u8.ToArray(), ImageRefused.Unsupported },
        { "PHP", "<?php system($_GET[0]);"u8.ToArray(), ImageRefused.Unsupported },
        { "zip", "PK\x03\x04"u8.ToArray(), ImageRefused.Unsupported },
        { "pickle", [0x80, 2, (byte)'c'], ImageRefused.Unsupported },
        { "11 MB", new byte[11 << 20], ImageRefused.TooLarge },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_file_is_refused_before_a_pixel_is_decoded(string name, byte[] file, string code)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Assert.Throws<ImageRefused>(() => ImageHeader.Read(file, ImageLimits.Default));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 50 << 20, $"{name} allocated too much");
        Assert.Equal(code, refused.Code);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void A_PNG_goes_to_the_decoder_without_text_profile_or_animation()
    {
        var file = Pictures.PngOf(5, 5, extra: [("tEXt", "a\0secret"u8.ToArray()), ("fdAT", [1, 2, 3])]);
        var header = ImageHeader.Read(file, ImageLimits.Default);
        Assert.Equal(Pictures.PngOf(5, 5), header.Stripped);
    }

    [Theory]
    [InlineData("<x tiff:Orientation=\"6\"/>", 6)]
    [InlineData("<tiff:Orientation>3</tiff:Orientation>", 3)]
    [InlineData("<x tiff:Orientation=\"9\"/>", 1)]
    [InlineData("<x/>", 1)]
    public void Orientation_of_a_PNG_is_read_from_XMP(string xmp, int orientation)
    {
        byte[] text = [.. "XML:com.adobe.xmp\0\0\0\0\0"u8, .. System.Text.Encoding.UTF8.GetBytes(xmp)];
        Assert.Equal(orientation, ImageHeader.Read(Pictures.PngOf(5, 5, extra: ("iTXt", text)), ImageLimits.Default).Orientation);
    }

    [Fact]
    public void Every_prefix_of_every_format_is_an_answer_not_a_crash()
    {
        foreach (var file in new[] { Pictures.PngOf(5, 5), Jpeg(5, 5), Frames(2), Bmp(5, 5), Webp(4), Tiff(5), "P6 5 5 255\n"u8.ToArray() })
            for (var length = 0; length <= file.Length; length++)
                try
                {
                    ImageHeader.Read(file.AsSpan(0, length), ImageLimits.Default);
                }
                catch (ImageRefused)
                {
                    continue;
                }
    }

    [Fact]
    public void Random_damage_is_an_answer_not_a_crash()
    {
        var random = new System.Random(3);
        foreach (var file in new[] { Pictures.PngOf(5, 5), Jpeg(5, 5), Frames(2), Bmp(5, 5), Webp(4), Tiff(5), "P6 5 5 255\n"u8.ToArray() })
            for (var trial = 0; trial < 2000; trial++)
            {
                var broken = (byte[])file.Clone();
                for (var k = random.Next(1, 5); k > 0; k--) broken[random.Next(broken.Length)] = (byte)random.Next(256);
                try
                {
                    ImageHeader.Read(broken, ImageLimits.Default);
                }
                catch (ImageRefused)
                {
                    continue;
                }
            }
    }

    private static byte[] Jpeg(int width, int height) =>
    [
        0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0,
        0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 1, 2, 3, 0xFF, 0xD9,
    ];

    private static byte[] Frames(int count) =>
        [.. "GIF89a"u8, 5, 0, 5, 0, 0, 0, 0, .. Enumerable.Repeat<byte[]>([0x2C, 0, 0, 0, 0, 5, 0, 5, 0, 0, 2, 1, 0x44, 0], count).SelectMany(f => f), 0x3B];

    private static byte[] Bmp(int width, int height)
    {
        var file = new byte[60];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
        file[28] = 24;
        return file;
    }

    private static byte[] Webp(int sideLessOne)
    {
        var packed = (uint)sideLessOne | ((uint)sideLessOne << 14);
        return [.. "RIFF"u8, 18, 0, 0, 0, .. "WEBPVP8L"u8, 5, 0, 0, 0, 0x2F, .. BitConverter.GetBytes(packed), 0];
    }

    private static byte[] Tiff(int side, int next = 0) =>
    [
        .. "II*\0"u8, 8, 0, 0, 0, 2, 0,
        0, 1, 4, 0, 1, 0, 0, 0, .. BitConverter.GetBytes(side),
        1, 1, 4, 0, 1, 0, 0, 0, .. BitConverter.GetBytes(side),
        .. BitConverter.GetBytes(next),
    ];
}
