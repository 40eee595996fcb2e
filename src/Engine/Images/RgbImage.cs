namespace WebLab.Engine.Images;

/// <summary>An 8-bit colour image: R, G, B, row by row.</summary>
public sealed class RgbImage
{
    /// <param name="pixels">width x height x 3 bytes.</param>
    public RgbImage(int width, int height, byte[] pixels)
    {
        if (width < 1 || height < 1 || pixels.Length != (long)width * height * 3)
            throw new ArgumentException($"{width}x{height} RGB wants {(long)width * height * 3} bytes; got {pixels.Length}", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Height x Width x 3.</summary>
    public byte[] Pixels { get; }

    /// <summary>From planes, as data sets keep them: C x H x W, one channel (grey) or three.</summary>
    public static RgbImage FromPlanes(ReadOnlySpan<byte> planes, int channels, int height, int width)
    {
        if (channels is not (1 or 3)) throw new ArgumentOutOfRangeException(nameof(channels), channels, "wanted 1 or 3");
        var (area, pixels) = (height * width, new byte[height * width * 3]);
        for (var c = 0; c < 3; c++)
        {
            var plane = planes.Slice(channels == 1 ? 0 : c * area, area);
            for (var i = 0; i < area; i++) pixels[3 * i + c] = plane[i];
        }

        return new RgbImage(width, height, pixels);
    }

    /// <summary>To planes: 3 x H x W.</summary>
    public byte[] ToPlanes()
    {
        var (area, planes) = (Height * Width, new byte[Pixels.Length]);
        for (var c = 0; c < 3; c++)
            for (var i = 0; i < area; i++) planes[c * area + i] = Pixels[3 * i + c];
        return planes;
    }

    /// <summary>The image as it should be seen, from what an EXIF orientation (1..8) says about how it is stored.</summary>
    public RgbImage Upright(int orientation)
    {
        if (orientation is < 2 or > 8) return this;
        var swap = orientation >= 5;
        var (width, height) = swap ? (Height, Width) : (Width, Height);
        var turned = new byte[Pixels.Length];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var (sx, sy) = orientation switch
                {
                    2 => (Width - 1 - x, y),
                    3 => (Width - 1 - x, Height - 1 - y),
                    4 => (x, Height - 1 - y),
                    5 => (y, x),
                    6 => (y, Height - 1 - x),
                    7 => (Width - 1 - y, Height - 1 - x),
                    _ => (Width - 1 - y, x),
                };
                Pixels.AsSpan((sy * Width + sx) * 3, 3).CopyTo(turned.AsSpan((y * width + x) * 3));
            }

        return new RgbImage(width, height, turned);
    }
}
