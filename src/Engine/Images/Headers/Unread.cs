using System.Text;

namespace WebLab.Engine.Images.Headers;

/// <summary>Names formats that are known by sight but not read, so that a refusal can say what was sent.</summary>
internal static class Unread
{
    public static string Name(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 12 && bytes[4..].StartsWith("ftyp"u8))
            return Encoding.ASCII.GetString(bytes.Slice(8, 4)) switch
            {
                "avif" or "avis" => "AVIF is not read",
                "heic" or "heix" or "mif1" or "msf1" => "HEIF is not read",
                _ => "a video is not read",
            };
        if (bytes.StartsWith("\0\0\0\x0CjP  "u8) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51])) return "JPEG 2000 is not read";
        if (bytes.StartsWith("qoif"u8)) return "QOI is not read";
        if (bytes.StartsWith("%PDF"u8)) return "PDF is not read";
        if (bytes.StartsWith("PK"u8)) return "an archive is not an image";
        if (bytes.StartsWith("8BPS"u8)) return "PSD is not read";
        if (bytes.StartsWith("II+\0"u8) || bytes.StartsWith("MM\0+"u8)) return "BigTIFF is not read";
        var start = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 512)]).TrimStart('\uFEFF', ' ', '\r', '\n', '\t');
        if (start.StartsWith("<svg", StringComparison.OrdinalIgnoreCase) || (start.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase) && start.Contains("<svg", StringComparison.OrdinalIgnoreCase)))
            return "SVG is not read";
        return "not an image of a known format";
    }
}
