using System.Text;
using System.Text.RegularExpressions;

namespace WebLab.Engine.Images.Headers;

/// <summary>Orientation as EXIF and XMP state it. Broken metadata says nothing and never refuses an image.</summary>
internal static partial class Metadata
{
    private const int OrientationTag = 274, Short = 3;

    /// <summary>Orientation (1..8) of an EXIF block, which is a small TIFF; null where it does not say.</summary>
    public static int? Exif(ReadOnlySpan<byte> block)
    {
        if (block.StartsWith("Exif\0\0"u8)) block = block[6..];
        if (block.Length < 8 || !(block.StartsWith("II*\0"u8) || block.StartsWith("MM\0*"u8))) return null;
        var big = block[0] == 'M';
        try
        {
            var at = checked((int)(big ? block.Big32(4) : block.Little32(4)));
            var entries = big ? block.Big16(at) : block.Little16(at);
            for (var entry = at + 2; entries-- > 0; entry += 12)
            {
                var tag = big ? block.Big16(entry) : block.Little16(entry);
                var type = big ? block.Big16(entry + 2) : block.Little16(entry + 2);
                if (tag != OrientationTag || type != Short) continue;
                return Valid(big ? block.Big16(entry + 8) : block.Little16(entry + 8));
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OverflowException)
        {
            return null;
        }

        return null;
    }

    /// <summary>Orientation of an XMP packet, attribute or element; null where it does not say.</summary>
    public static int? Xmp(ReadOnlySpan<byte> packet)
    {
        var found = TiffOrientation().Match(Encoding.UTF8.GetString(packet));
        return found.Success ? Valid(found.Groups[1].Value[0] - '0') : null;
    }

    /// <summary>ImageMagick's "Raw profile type exif": name, length, then hexadecimal digits over many lines.</summary>
    public static int? RawProfile(ReadOnlySpan<byte> text)
    {
        var lines = Encoding.Latin1.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Length < 3) return null;
        try
        {
            return Exif(Convert.FromHexString(string.Concat(lines[2..])));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static int? Valid(int orientation) => orientation is >= 1 and <= 8 ? orientation : null;

    [GeneratedRegex(@"tiff:Orientation(?:\s*=\s*[""']|>)\s*([1-8])\s*[""'<]", RegexOptions.None, matchTimeoutMilliseconds: 200)]
    private static partial Regex TiffOrientation();
}
