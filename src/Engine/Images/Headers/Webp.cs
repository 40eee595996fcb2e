using System.Buffers.Binary;
using System.Text;

namespace WebLab.Engine.Images.Headers;

/// <summary>
/// WebP (RIFF container). Of an animation the decoder gets the first frame as a still picture.
/// </summary>
internal static class Webp
{
    private const int FrameHeader = 16;

    public static ImageHeader Read(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        var end = 8 + (long)bytes.Little32(4);
        if (end > bytes.Length) throw ImageRefused.Broken("the WebP is cut off");
        (int Width, int Height)? canvas = null, picture = null;
        int? exif = null, xmp = null;
        var frames = 0;
        byte[]? still = null;
        foreach (var (type, at, length) in Chunks(bytes, 12, (int)end))
        {
            var body = bytes.Slice(at, length);
            switch (type)
            {
                case "VP8X":
                    canvas = (body.Little24(4) + 1, body.Little24(7) + 1);
                    limits.Check(canvas.Value.Width, canvas.Value.Height);
                    break;
                case "VP8 ":
                    picture ??= (body.Little16(6) & 0x3FFF, body.Little16(8) & 0x3FFF);
                    break;
                case "VP8L":
                    var packed = body.Little32(1);
                    picture ??= ((int)(packed & 0x3FFF) + 1, (int)((packed >> 14) & 0x3FFF) + 1);
                    break;
                case "ANMF":
                    limits.CheckFrames(++frames);
                    still ??= Still(body, limits);
                    picture ??= (body.Little24(6) + 1, body.Little24(9) + 1);
                    break;
                case "EXIF":
                    exif ??= Metadata.Exif(body);
                    break;
                case "XMP ":
                    xmp ??= Metadata.Xmp(body);
                    break;
            }
        }

        if (picture is not { } size) throw ImageRefused.Broken("the WebP has no picture in it");
        limits.Check(size.Width, size.Height);
        return new ImageHeader
        {
            Format = ImageFormat.Webp,
            Width = size.Width,
            Height = size.Height,
            Frames = Math.Max(1, frames),
            Orientation = exif ?? xmp ?? 1,
            Stripped = still,
        };
    }

    // A frame's chunks (alpha, then VP8 or VP8L) in a container of their own.
    private static byte[] Still(ReadOnlySpan<byte> frame, ImageLimits limits)
    {
        limits.Check(frame.Little24(6) + 1, frame.Little24(9) + 1);
        var chunks = frame[FrameHeader..];
        var extended = chunks.StartsWith("ALPH"u8);
        var file = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        file.Write("RIFF"u8);
        BinaryPrimitives.WriteInt32LittleEndian(number, 4 + (extended ? 18 : 0) + chunks.Length);
        file.Write(number);
        file.Write("WEBP"u8);
        if (extended)
        {
            file.Write("VP8X\x0A\0\0\0\x10\0\0\0"u8);
            file.Write(frame.Slice(6, 6));
        }

        file.Write(chunks);
        return file.ToArray();
    }

    private static List<(string Type, int At, int Length)> Chunks(ReadOnlySpan<byte> bytes, int at, int end)
    {
        var found = new List<(string, int, int)>();
        while (at + 8 <= end)
        {
            var length = checked((int)bytes.Little32(at + 4));
            if (length > end - at - 8) throw ImageRefused.Broken("the WebP is cut off");
            found.Add((Encoding.Latin1.GetString(bytes.Slice(at, 4)), at + 8, length));
            at += 8 + length + (length & 1);
        }

        return found;
    }
}
