using System.Runtime.InteropServices;

namespace WebLab.Engine.Images;

/// <summary>
/// libweblab_image.so: decoding, resizing and JPEG by OpenCV. Native code meets bytes from outside in <see cref="Decode"/>, so that runs
/// in the memory-capped process of <c>weblab decode</c> alone; everybody else asks <see cref="ImageDecoder"/>. What takes pixels
/// (<see cref="Recompress"/>, <see cref="Ripples"/>) may run anywhere.
/// </summary>
internal static class Codec
{
    private const string Library = "weblab_image";

    /// <summary>Decodes a file to how it should be seen: first frame, upright, 8-bit, alpha over white.</summary>
    /// <param name="header">What <see cref="ImageHeader.Read"/> said of the same bytes.</param>
    /// <exception cref="ImageRefused">The picture is broken.</exception>
    public static RgbImage Decode(byte[] bytes, ImageHeader header)
    {
        var stored = header.Format switch
        {
            ImageFormat.Gif => GifPicture.Decode(bytes),
            ImageFormat.Pnm => PnmPicture.Decode(bytes),
            _ => Native(header.Stripped ?? bytes, header),
        };
        if (stored.Width != header.Width || stored.Height != header.Height)
            throw ImageRefused.Broken($"the header says {header.Width} x {header.Height}, the picture is {stored.Width} x {stored.Height}");
        return stored.Upright(header.Orientation);
    }

    /// <summary>OpenCV's version.</summary>
    public static string Version => Marshal.PtrToStringUTF8(wlimg_version()) ?? "unknown";

    /// <summary>Resizes: area average where both sides shrink, bilinear otherwise.</summary>
    public static RgbImage Resize(RgbImage image, int width, int height)
    {
        if (image.Width == width && image.Height == height) return image;
        var pixels = new byte[width * height * 3];
        Check(wlimg_resize(image.Pixels, image.Width, image.Height, pixels, width, height));
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Cuts the largest middle square and resizes it: how class-folder data sets get their size.</summary>
    public static RgbImage Square(RgbImage image, int side)
    {
        var edge = Math.Min(image.Width, image.Height);
        var (left, top) = ((image.Width - edge) / 2, (image.Height - edge) / 2);
        var square = new byte[edge * edge * 3];
        for (var y = 0; y < edge; y++)
            image.Pixels.AsSpan(((top + y) * image.Width + left) * 3, edge * 3).CopyTo(square.AsSpan(y * edge * 3));
        return Resize(new RgbImage(edge, edge, square), side, side);
    }

    /// <summary>Encodes as JPEG.</summary>
    /// <param name="quality">1 to 100.</param>
    public static byte[] EncodeJpeg(RgbImage image, int quality)
    {
        Check(wlimg_encode_jpeg(image.Pixels, image.Width, image.Height, quality, out var made, out var length));
        var bytes = new byte[length];
        Marshal.Copy(made, bytes, 0, bytes.Length);
        wlimg_free_bytes(made);
        return bytes;
    }

    /// <summary>What is left of an image after JPEG: baseline, standard tables, colours at half the resolution.</summary>
    /// <param name="quality">1 to 100.</param>
    public static RgbImage Recompress(RgbImage image, int quality)
    {
        var bytes = EncodeJpeg(image, quality);
        Check(wlimg_decode(bytes, bytes.Length, 0, 0, out var handle));
        return Taken(handle);
    }

    /// <summary>The light on drops: edges of a layer, distance to them, embossed.</summary>
    /// <param name="layer">Height x Width, how deep the water is.</param>
    /// <returns>Height x Width.</returns>
    public static byte[] Ripples(byte[] layer, int height, int width)
    {
        if (layer.Length != height * width) throw new ArgumentException($"wanted {height * width} bytes; got {layer.Length}", nameof(layer));
        var light = new byte[layer.Length];
        Check(wlimg_ripples(layer, width, height, light));
        return light;
    }

    private static RgbImage Native(byte[] bytes, ImageHeader header)
    {
        if (wlimg_decode(bytes, bytes.Length, header.White, header.IgnoreAlpha ? 1 : 0, out var handle) != 0)
        {
            if (Error() == "out of memory") throw new ImageRefused(ImageRefused.TooCostly, "decoding takes more memory than is allowed");
            throw ImageRefused.Broken($"the {header.Format.ToString().ToUpperInvariant()} cannot be decoded: {Error()}");
        }

        return Taken(handle);
    }

    private static RgbImage Taken(nint handle)
    {
        try
        {
            var (width, height) = (wlimg_width(handle), wlimg_height(handle));
            var pixels = new byte[(long)width * height * 3];
            Check(wlimg_pixels(handle, pixels, pixels.Length));
            return new RgbImage(width, height, pixels);
        }
        finally
        {
            wlimg_free(handle);
        }
    }

    private static void Check(int code)
    {
        if (code != 0) throw new InvalidOperationException(Error());
    }

    private static string Error() => Marshal.PtrToStringUTF8(wlimg_error())!;

    [DllImport(Library)]
    private static extern nint wlimg_version();

    [DllImport(Library)]
    private static extern nint wlimg_error();

    [DllImport(Library)]
    private static extern int wlimg_decode(byte[] bytes, long length, int white, int ignoreAlpha, out nint image);

    [DllImport(Library)]
    private static extern int wlimg_width(nint image);

    [DllImport(Library)]
    private static extern int wlimg_height(nint image);

    [DllImport(Library)]
    private static extern int wlimg_pixels(nint image, byte[] rgb, long length);

    [DllImport(Library)]
    private static extern void wlimg_free(nint image);

    [DllImport(Library)]
    private static extern int wlimg_resize(byte[] rgb, int width, int height, byte[] to, int toWidth, int toHeight);

    [DllImport(Library)]
    private static extern int wlimg_encode_jpeg(byte[] rgb, int width, int height, int quality, out nint bytes, out long length);

    [DllImport(Library)]
    private static extern int wlimg_ripples(byte[] layer, int width, int height, byte[] light);

    [DllImport(Library)]
    private static extern void wlimg_free_bytes(nint bytes);
}
