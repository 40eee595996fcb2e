using WebLab.Engine.Images.Headers;

namespace WebLab.Engine.Images;

/// <summary>Decodes PBM, PGM and PPM, plain and raw, with any maximum: OpenCV takes plain files only with a closing newline and ignores most maxima.</summary>
internal static class PnmPicture
{
    /// <param name="bytes">A file whose header was read and found within the limits.</param>
    /// <exception cref="ImageRefused">The picture is broken or cut off.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Whole(bytes);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw ImageRefused.Broken("the PNM is cut off", e);
        }
    }

    private static RgbImage Whole(ReadOnlySpan<byte> bytes)
    {
        var kind = bytes[1] - '0';
        var header = Pnm.Read(bytes, out var at);
        var (width, height, white) = (header.Width, header.Height, Pnm.White(bytes));
        var channels = kind is 3 or 6 ? 3 : 1;
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                for (var c = 0; c < channels; c++)
                {
                    var sample = kind switch
                    {
                        1 => 1 - Digit(bytes, ref at),
                        4 => 1 - ((bytes[at + x / 8] >> (7 - x % 8)) & 1),
                        2 or 3 => Pnm.Number(bytes, ref at, last: true),
                        _ when white < 256 => bytes[at++],
                        _ => bytes.Big16((at += 2) - 2),
                    };
                    var value = (byte)((Math.Min(sample, white) * 255 + white / 2) / white);
                    var to = (y * width + x) * 3;
                    if (channels == 3) pixels[to + c] = value;
                    else pixels.AsSpan(to, 3).Fill(value);
                }

            if (kind == 4) at += (width + 7) / 8;
        }

        return new RgbImage(width, height, pixels);
    }

    private static int Digit(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (bytes[at] is not ((byte)'0' or (byte)'1'))
            if (bytes[at++] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')) throw ImageRefused.Broken("a plain PBM with something other than 0 and 1");
        return bytes[at++] - '0';
    }
}
