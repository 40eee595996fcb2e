namespace WebLab.Engine.Images.Headers;

/// <summary>JPEG (ITU T.81), walked marker by marker to its end, so that a file that is cut off is known before it is decoded.</summary>
internal static class Jpeg
{
    private const int StartOfScan = 0xDA, EndOfImage = 0xD9, App1 = 0xE1, App2 = 0xE2;

    public static ImageHeader Read(ReadOnlySpan<byte> bytes)
    {
        (int Width, int Height)? size = null;
        int? exif = null, xmp = null;
        var (frames, scans) = (1, 0);
        for (var at = Next(bytes, 2); ; at = Next(bytes, at))
        {
            var marker = bytes[at++];
            if (marker == EndOfImage) break;
            if (marker is 0x01 or (>= 0xD0 and <= 0xD8)) continue;
            var length = bytes.Big16(at);
            if (length < 2 || length > bytes.Length - at) throw ImageRefused.Broken("the JPEG is cut off");
            var body = bytes.Slice(at + 2, length - 2);
            at += length;
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC)) size ??= Size(marker, body);
            else if (marker == App1 && body.StartsWith("Exif\0\0"u8)) exif ??= Metadata.Exif(body);
            else if (marker == App1 && body.StartsWith("http://ns.adobe.com/xap/1.0/\0"u8)) xmp ??= Metadata.Xmp(body[29..]);
            else if (marker == App2 && body.StartsWith("MPF\0"u8)) frames = Pictures(body[4..]);
            else if (marker == StartOfScan) scans++;
        }

        if (size is not { } known || scans == 0) throw ImageRefused.Broken("the JPEG has no picture in it");
        return new ImageHeader
        {
            Format = ImageFormat.Jpeg,
            Width = known.Width,
            Height = known.Height,
            Frames = frames,
            Orientation = exif ?? xmp ?? 1,
        };
    }

    // The code of the next marker: FF, any number of FF, then neither 0 nor FF. What lies between is entropy-coded data or junk.
    private static int Next(ReadOnlySpan<byte> bytes, int at)
    {
        while (true)
        {
            var jump = at < bytes.Length ? bytes[at..].IndexOf((byte)0xFF) : -1;
            if (jump < 0) throw ImageRefused.Broken("the JPEG is cut off: it has no end");
            at += jump;
            while (at < bytes.Length && bytes[at] == 0xFF) at++;
            if (at >= bytes.Length) throw ImageRefused.Broken("the JPEG is cut off: it has no end");
            if (bytes[at] != 0) return at;
        }
    }

    private static (int Width, int Height) Size(int marker, ReadOnlySpan<byte> body)
    {
        if (body[0] != 8) throw ImageRefused.Kind($"JPEG with {body[0]} bits a sample is not read");
        if (marker is 0xC3 or (>= 0xC5 and <= 0xC7) or (>= 0xCB and <= 0xCF)) throw ImageRefused.Kind("lossless or hierarchical JPEG is not read");
        return (body.Big16(3), body.Big16(1));
    }

    // Number of pictures in a multi-picture file (CIPA DC-007): tag B001 of its index.
    private static int Pictures(ReadOnlySpan<byte> block)
    {
        try
        {
            var big = block[0] == 'M';
            var at = checked((int)(big ? block.Big32(4) : block.Little32(4)));
            var entries = big ? block.Big16(at) : block.Little16(at);
            for (var entry = at + 2; entries-- > 0; entry += 12)
                if ((big ? block.Big16(entry) : block.Little16(entry)) == 0xB001)
                    return (int)Math.Clamp(big ? block.Big32(entry + 8) : block.Little32(entry + 8), 1, int.MaxValue);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            return 1;
        }

        return 1;
    }
}
