namespace WebLab.Engine.Images.Headers;

/// <summary>GIF (89a). Frames are counted by walking the blocks; the first is decoded by <see cref="GifPicture"/>.</summary>
internal static class Gif
{
    public static ImageHeader Read(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        var frames = 0;
        limits.Check(bytes.Little16(6), bytes.Little16(8));
        for (var at = 13 + Palette(bytes[10]); at < bytes.Length && frames <= limits.Frames;)
        {
            switch (bytes[at])
            {
                case 0x2C:
                    frames++;
                    at = EndOfBlocks(bytes, at + 11 + Palette(bytes[at + 9]));
                    break;
                case 0x21:
                    at = EndOfBlocks(bytes, at + 2);
                    break;
                default:
                    at = bytes.Length;
                    break;
            }
        }

        if (frames == 0) throw ImageRefused.Broken("the GIF has no picture in it");
        return new ImageHeader { Format = ImageFormat.Gif, Width = bytes.Little16(6), Height = bytes.Little16(8), Frames = frames };
    }

    /// <summary>Bytes of the palette that a flags byte announces.</summary>
    public static int Palette(byte flags) => (flags & 0x80) != 0 ? 3 << ((flags & 7) + 1) : 0;

    /// <summary>Where the chain of sub-blocks that begins at <paramref name="at"/> ends; the file's length where it is cut off.</summary>
    public static int EndOfBlocks(ReadOnlySpan<byte> bytes, int at)
    {
        while (at < bytes.Length && bytes[at] != 0) at += bytes[at] + 1;
        return Math.Min(at + 1, bytes.Length);
    }
}
