using WebLab.Engine.Images.Headers;

namespace WebLab.Engine.Images;

/// <summary>Formats that are read.</summary>
public enum ImageFormat
{
    Png,
    Jpeg,
    Gif,
    Bmp,
    Webp,
    Tiff,
    Pnm,
}

/// <summary>What an image file says about itself, read without decoding a pixel.</summary>
public sealed record ImageHeader
{
    public required ImageFormat Format { get; init; }

    /// <summary>Pixels as stored, before <see cref="Orientation"/>.</summary>
    public required int Width { get; init; }

    /// <inheritdoc cref="Width"/>
    public required int Height { get; init; }

    /// <summary>Frames or pages; only the first is shown.</summary>
    public int Frames { get; init; } = 1;

    /// <summary>How the stored pixels must be turned, 1..8 as in EXIF; 1: not at all.</summary>
    public int Orientation { get; init; } = 1;

    /// <summary>The sample value that means white; 0: the largest of the sample's type.</summary>
    public int White { get; init; }

    /// <summary>The fourth channel is padding, not alpha.</summary>
    public bool IgnoreAlpha { get; init; }

    /// <summary>The file as the decoder gets it: without metadata, or with the first frame alone. Null: as it is.</summary>
    internal byte[]? Stripped { get; init; }

    /// <summary>Reads the header of any known format and holds it against the limits.</summary>
    /// <exception cref="ImageRefused">Not an image, a format that is not read, broken, cut off or too large.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        if (bytes.Length > limits.Bytes) throw ImageRefused.Large($"{bytes.Length} bytes; at most {limits.Bytes} are taken");
        if (bytes.Length == 0) throw ImageRefused.Broken("the file is empty");
        try
        {
            var header = ReadKnown(bytes, limits);
            limits.Check(header.Width, header.Height);
            limits.CheckFrames(header.Frames);
            return header;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw ImageRefused.Broken("the file is cut off or its header is broken", e);
        }
    }

    private static ImageHeader ReadKnown(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        if (bytes.StartsWith(Png.Signature)) return Png.Read(bytes, limits);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8])) return Jpeg.Read(bytes);
        if (bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8)) return Gif.Read(bytes, limits);
        if (bytes.StartsWith("BM"u8)) return Bmp.Read(bytes);
        if (bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8)) return Webp.Read(bytes, limits);
        if (bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8)) return Tiff.Read(bytes, limits);
        if (bytes.Length > 2 && bytes[0] == 'P' && bytes[1] is >= (byte)'1' and <= (byte)'6' && bytes[2] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            return Pnm.Read(bytes);
        throw ImageRefused.Kind($"{Unread.Name(bytes)}; PNG, JPEG, GIF, BMP, WebP, TIFF and PNM are read");
    }
}
