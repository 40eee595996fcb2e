using WebLab.Engine.Images.Headers;

namespace WebLab.Engine.Images;

/// <summary>Decodes the first frame of a GIF (89a), laid over white; OpenCV reads none.</summary>
internal static class GifPicture
{
    private const int LargestCode = 4096;

    /// <param name="bytes">A file whose header was read and found within the limits.</param>
    /// <exception cref="ImageRefused">The frame is broken or cut off.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return First(bytes);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw ImageRefused.Broken("the GIF is cut off", e);
        }
    }

    private static RgbImage First(ReadOnlySpan<byte> bytes)
    {
        var (width, height) = (bytes.Little16(6), bytes.Little16(8));
        var palette = bytes.Slice(13, Gif.Palette(bytes[10]));
        var transparent = -1;
        var at = 13 + palette.Length;
        for (; bytes[at] != 0x2C; at = Gif.EndOfBlocks(bytes, at + 2))
        {
            if (bytes[at] != 0x21) throw ImageRefused.Broken("the GIF has no picture in it");
            // Graphic control extension: 4 bytes, flags, delay, transparent index.
            if (bytes[at + 1] == 0xF9) transparent = (bytes[at + 3] & 1) != 0 ? bytes[at + 6] : -1;
        }

        var flags = bytes[at + 9];
        var frame = (X: bytes.Little16(at + 1), Y: bytes.Little16(at + 3), Width: bytes.Little16(at + 5), Height: bytes.Little16(at + 7));
        var own = Gif.Palette(flags);
        if (own > 0) palette = bytes.Slice(at + 10, own);
        if (palette.IsEmpty) throw ImageRefused.Broken("the GIF has no palette");
        if (frame.Width == 0 || frame.Height == 0 || (long)frame.Width * frame.Height > ImageLimits.Default.Pixels)
            throw ImageRefused.Broken($"a GIF frame of {frame.Width} x {frame.Height} pixels");
        var indices = Unpack(bytes, at + 10 + own, frame.Width * frame.Height);
        var pixels = new byte[width * height * 3];
        Array.Fill(pixels, (byte)255);
        var row = 0;
        foreach (var y in (flags & 0x40) != 0 ? Interlaced(frame.Height) : Enumerable.Range(0, frame.Height))
        {
            for (var x = 0; x < frame.Width; x++)
            {
                var index = indices[row * frame.Width + x];
                if (index == transparent || 3 * index + 3 > palette.Length || frame.X + x >= width || frame.Y + y >= height) continue;
                palette.Slice(3 * index, 3).CopyTo(pixels.AsSpan(((frame.Y + y) * width + frame.X + x) * 3));
            }

            row++;
        }

        return new RgbImage(width, height, pixels);
    }

    private static IEnumerable<int> Interlaced(int height)
    {
        foreach (var (start, step) in new[] { (0, 8), (4, 8), (2, 4), (1, 2) })
            for (var y = start; y < height; y += step) yield return y;
    }

    // LZW with codes of growing width, packed from the low bit up into sub-blocks of at most 255 bytes.
    private static byte[] Unpack(ReadOnlySpan<byte> bytes, int at, int count)
    {
        int smallest = bytes[at++];
        if (smallest is < 1 or > 8) throw ImageRefused.Broken($"a GIF with codes of {smallest} bits");
        var (clear, end) = (1 << smallest, (1 << smallest) + 1);
        var (prefix, suffix, stack) = (new int[LargestCode], new byte[LargestCode], new byte[LargestCode + 1]);
        for (var k = 0; k < clear; k++) suffix[k] = (byte)k;
        var output = new byte[count];
        var (done, width, next, previous, first) = (0, smallest + 1, end + 1, -1, (byte)0);
        var (buffer, bits, left) = (0, 0, 0);
        while (done < count)
        {
            while (bits < width)
            {
                if (left == 0 && (left = bytes[at++]) == 0) throw ImageRefused.Broken("the GIF's picture ends early");
                buffer |= bytes[at++] << bits;
                bits += 8;
                left--;
            }

            var code = buffer & ((1 << width) - 1);
            buffer >>= width;
            bits -= width;
            if (code == clear)
            {
                (width, next, previous) = (smallest + 1, end + 1, -1);
                continue;
            }

            if (code == end) throw ImageRefused.Broken("the GIF's picture ends early");
            if (code > next || (code == next && previous < 0) || (previous < 0 && code > end)) throw ImageRefused.Broken("the GIF's picture is broken");
            var depth = 0;
            var walk = code;
            if (code == next)
            {
                stack[depth++] = first;
                walk = previous;
            }

            for (; walk > end; walk = prefix[walk]) stack[depth++] = suffix[walk];
            first = suffix[walk];
            stack[depth++] = first;
            while (depth > 0 && done < count) output[done++] = stack[--depth];
            if (previous >= 0 && next < LargestCode)
            {
                (prefix[next], suffix[next]) = (previous, first);
                if (++next == 1 << width && width < 12) width++;
            }

            previous = code;
        }

        return output;
    }
}
