namespace WebLab.Engine.Images.Headers;

/// <summary>BMP with the old (12-byte) or any newer header.</summary>
internal static class Bmp
{
    public static ImageHeader Read(ReadOnlySpan<byte> bytes)
    {
        var header = bytes.Little32(14);
        if (header is not (12 or 16 or 40 or 52 or 56 or 64 or 108 or 124)) throw ImageRefused.Broken($"a BMP with a header of {header} bytes");
        var old = header == 12;
        var (width, height) = old ? (bytes.Little16(18), bytes.Little16(20)) : ((int)bytes.Little32(18), (int)bytes.Little32(22));
        var depth = bytes.Little16(old ? 24 : 28);
        var compression = old ? 0 : bytes.Little32(30);
        return new ImageHeader
        {
            Format = ImageFormat.Bmp,
            Width = width,
            Height = height == int.MinValue ? 0 : Math.Abs(height),
            IgnoreAlpha = depth == 32 && (compression == 0 || header < 56),
        };
    }
}
