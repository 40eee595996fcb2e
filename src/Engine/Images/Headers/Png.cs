using System.IO.Compression;
using System.Text;

namespace WebLab.Engine.Images.Headers;

/// <summary>PNG (W3C, third edition). The decoder gets the picture's chunks alone: no text, no profile, no animation.</summary>
internal static class Png
{
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static ImageHeader Read(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        if (!bytes[12..].StartsWith("IHDR"u8)) throw ImageRefused.Broken("a PNG that does not begin with IHDR");
        var (width, height) = (checked((int)bytes.Big32(16)), checked((int)bytes.Big32(20)));
        limits.Check(width, height);
        var picture = new MemoryStream(bytes.Length);
        picture.Write(Signature);
        int? orientation = null;
        var (frames, data, unpacked) = (0, false, 0);
        for (var at = Signature.Length; ;)
        {
            if (at + 12 > bytes.Length) throw ImageRefused.Broken("the PNG is cut off");
            var length = checked((int)bytes.Big32(at));
            if (length > bytes.Length - at - 12) throw ImageRefused.Broken("the PNG is cut off");
            var type = Encoding.Latin1.GetString(bytes.Slice(at + 4, 4));
            var body = bytes.Slice(at + 8, length);
            if (type is "IHDR" or "PLTE" or "tRNS" or "IDAT" or "IEND") picture.Write(bytes.Slice(at, length + 12));
            else if (char.IsAsciiLetterUpper(type[0])) throw ImageRefused.Broken("the PNG has a critical chunk that nobody knows");
            data |= type == "IDAT";
            if (type == "fcTL") frames++;
            orientation = type switch
            {
                "eXIf" => Metadata.Exif(body),
                "tEXt" => Text(body),
                "zTXt" or "iTXt" or "iCCP" => Compressed(type, body, limits, ref unpacked),
                _ => null,
            } ?? orientation;
            at += length + 12;
            if (type == "IEND") break;
        }

        if (!data) throw ImageRefused.Broken("the PNG has no picture in it");
        return new ImageHeader
        {
            Format = ImageFormat.Png,
            Width = width,
            Height = height,
            Frames = Math.Max(1, frames),
            Orientation = orientation ?? 1,
            Stripped = picture.ToArray(),
        };
    }

    private static int? Text(ReadOnlySpan<byte> body)
    {
        var end = body.IndexOf((byte)0);
        return end > 0 ? Told(body[..end], body[(end + 1)..]) : null;
    }

    private static int? Compressed(string type, ReadOnlySpan<byte> body, ImageLimits limits, ref int unpacked)
    {
        var end = body.IndexOf((byte)0);
        if (end <= 0 || end + 2 > body.Length) return null;
        var keyword = body[..end];
        var rest = body[(end + 2)..];
        if (type == "iTXt")
        {
            // compression flag, method, language, translated keyword, text
            var compressed = body[end + 1] == 1;
            if (rest.Length < 1) return null;
            rest = rest[1..];
            for (var skip = 0; skip < 2; skip++)
            {
                var zero = rest.IndexOf((byte)0);
                if (zero < 0) return null;
                rest = rest[(zero + 1)..];
            }

            if (!compressed) return Told(keyword, rest);
        }

        return Told(keyword, Inflate(rest, limits, ref unpacked));
    }

    private static int? Told(ReadOnlySpan<byte> keyword, ReadOnlySpan<byte> text) => Encoding.Latin1.GetString(keyword) switch
    {
        "XML:com.adobe.xmp" => Metadata.Xmp(text),
        "Raw profile type exif" or "Raw profile type APP1" => Metadata.RawProfile(text),
        _ => null,
    };

    private static byte[] Inflate(ReadOnlySpan<byte> packed, ImageLimits limits, ref int unpacked)
    {
        using var stream = new ZLibStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        var (plain, part) = (new MemoryStream(), new byte[16 << 10]);
        try
        {
            for (int read; (read = stream.Read(part)) > 0; plain.Write(part, 0, read))
                if ((unpacked += read) > limits.Metadata) throw ImageRefused.Large($"text or colour profile unpacks to more than {limits.Metadata} bytes");
        }
        catch (InvalidDataException)
        {
            return [];
        }

        return plain.ToArray();
    }
}
