namespace WebLab.Engine.Images.Headers;

/// <summary>TIFF 6.0: the first page's directory, and how many pages follow. The decoder gets the page with orientation 1: it would turn it by itself.</summary>
internal static class Tiff
{
    private const int WidthTag = 256, HeightTag = 257, BitsTag = 258, OrientationTag = 274, FormatTag = 339, Float = 3;

    public static ImageHeader Read(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        var big = bytes[0] == 'M';
        var first = Offset(bytes, 4, big);
        var (width, height, bits, orientation) = (0, 0, 1, 1);
        var upright = bytes.ToArray();
        foreach (var (tag, value, at) in Entries(bytes, first, big))
        {
            if (tag == WidthTag) width = value;
            else if (tag == HeightTag) height = value;
            else if (tag == BitsTag) bits = value;
            else if (tag == OrientationTag) (orientation, upright[at + (big ? 1 : 0)]) = (value is >= 1 and <= 8 ? value : 1, 1);
            else if (tag == FormatTag && value == Float) throw ImageRefused.Kind("TIFF with floating-point samples is not read");
        }

        if (bits > 16) throw ImageRefused.Kind($"TIFF with {bits} bits a sample is not read");
        return new ImageHeader
        {
            Format = ImageFormat.Tiff,
            Width = width,
            Height = height,
            Frames = Pages(bytes, first, big, limits.Frames),
            Orientation = orientation,
            White = bits is > 8 and < 16 ? (1 << bits) - 1 : 0,
            Stripped = orientation == 1 ? null : upright,
        };
    }

    private static List<(int Tag, int Value, int At)> Entries(ReadOnlySpan<byte> bytes, int directory, bool big)
    {
        var found = new List<(int, int, int)>();
        var count = Short(bytes, directory, big);
        for (var k = 0; k < count; k++)
        {
            var entry = directory + 2 + 12 * k;
            var (tag, type, values) = (Short(bytes, entry, big), Short(bytes, entry + 2, big), Offset(bytes, entry + 4, big));
            // The first of several values; more than fit into four bytes lie elsewhere.
            var at = type switch
            {
                3 when values > 2 => Offset(bytes, entry + 8, big),
                4 when values > 1 => Offset(bytes, entry + 8, big),
                _ => entry + 8,
            };
            if (type == 3) found.Add((tag, Short(bytes, at, big), at));
            else if (type == 4) found.Add((tag, Offset(bytes, at, big), at));
        }

        return found;
    }

    private static int Pages(ReadOnlySpan<byte> bytes, int directory, bool big, int most)
    {
        var pages = 0;
        while (directory != 0 && pages <= most)
        {
            pages++;
            var next = directory + 2 + 12 * Short(bytes, directory, big);
            if (next + 4 > bytes.Length) break;
            directory = Offset(bytes, next, big);
            if (directory >= bytes.Length - 2) break;
        }

        return pages;
    }

    private static int Short(ReadOnlySpan<byte> bytes, int at, bool big) => big ? bytes.Big16(at) : bytes.Little16(at);

    private static int Offset(ReadOnlySpan<byte> bytes, int at, bool big) => checked((int)(big ? bytes.Big32(at) : bytes.Little32(at)));
}
