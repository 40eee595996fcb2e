using System.Globalization;
using System.Text.RegularExpressions;
using WebLab.Engine.Images;
using WebLab.Engine.Tests.Data;

namespace WebLab.Engine.Tests.Images;

/// <summary>Every file of the upload corpus is shown right side up or refused with a reason; none ends the caller.</summary>
public sealed partial class UploadTests : IDisposable
{
    // Files that the corpus's manifest calls readable and this program refuses, with the code it gives.
    private static readonly Dictionary<string, string> RefusedHere = new()
    {
        ["corrupt/derived_chelsea_badcrc.png"] = ImageRefused.Malformed,
        ["corrupt/broken_data_stream.png"] = ImageRefused.Malformed,
        ["corrupt/truncated_end_chunk.png"] = ImageRefused.Malformed,
        ["corrupt/hopper_rle8_row_overflow.bmp"] = ImageRefused.Malformed,
        ["corrupt/no_palette.gif"] = ImageRefused.Malformed,
        ["formats/hopper.pcd"] = ImageRefused.Unsupported,
        ["formats/test-card-lossless.jp2"] = ImageRefused.Unsupported,
    };

    private readonly ResidentDecoder _decoder = new();

    public void Dispose() => _decoder.Dispose();

    [Fact]
    public void Every_file_is_shown_upright_or_refused_with_a_reason()
    {
        var root = SharedData.Require("uploads");
        var wrong = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(root, "MANIFEST.tsv")).Skip(1))
        {
            var columns = line.Split('\t');
            var (name, says) = (columns[0], columns[3]);
            var verdict = Judge(name, File.ReadAllBytes(Path.Combine(root, name)), says);
            if (verdict is not null) wrong.Add($"{name}: {verdict} ({says})");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("Landscape_1.jpg", "Landscape_{0}.jpg", 2.0)]
    [InlineData("hopper_orientation_2.jpg", "hopper_orientation_{0}.jpg", 4.0)]
    [InlineData("hopper_orientation_2.webp", "hopper_orientation_{0}.webp", 6.0)]
    public void All_orientations_of_a_picture_look_alike(string first, string pattern, double tolerance)
    {
        var folder = SharedData.Require("uploads/exif-orientation");
        var upright = Small(Path.Combine(folder, first));
        for (var orientation = 2; orientation <= 8; orientation++)
        {
            var other = Small(Path.Combine(folder, string.Format(CultureInfo.InvariantCulture, pattern, orientation)));
            var difference = upright.Pixels.Zip(other.Pixels, (a, b) => Math.Abs(a - b)).Average();
            Assert.True(difference < tolerance, $"orientation {orientation} differs by {difference:0.0} of 255 a sample");
        }
    }

    private RgbImage Small(string path) => _decoder.Decode(File.ReadAllBytes(path), new Shaping(Square: 32)).Image;

    // Null where the outcome is right.
    private string? Judge(string name, byte[] bytes, string says)
    {
        var readable = says.EndsWith("decodes", StringComparison.Ordinal);
        try
        {
            var decoded = _decoder.Decode(bytes, new Shaping());
            if (RefusedHere.ContainsKey(name)) return "decoded, though listed as refused";
            var known = Shape().Match(says);
            if (!known.Success) return name is "corrupt/unknown_compression_method.png" or "formats/ultrahdr.jpg" ? null : "decoded";
            int Number(string group) => int.Parse(known.Groups[group].Value, CultureInfo.InvariantCulture);
            var turned = known.Groups["orient"].Value is { Length: > 0 } o && Number("orient") >= 5;
            var (width, height) = turned ? (Number("height"), Number("width")) : (Number("width"), Number("height"));
            if (!readable && name is not "formats/ultrahdr.jpg") return "decoded, though broken";
            // A frame larger than its screen: Pillow grows the screen, here the frame is cut.
            if (name is "animated/irs_oob.gif") (width, height) = (32, 32);
            if ((decoded.Width, decoded.Height) != (width, height)) return $"is {decoded.Width}x{decoded.Height}";
            var orientation = known.Groups["orient"].Value is { Length: > 0 } ? Math.Max(1, Number("orient")) : 1;
            return decoded.OrientationApplied == orientation ? null : $"orientation {decoded.OrientationApplied}";
        }
        catch (ImageRefused e)
        {
            if (e.Code is not (ImageRefused.Unsupported or ImageRefused.Malformed or ImageRefused.TooLarge)) return $"{e.Code}: {e.Message}";
            if (RefusedHere.TryGetValue(name, out var code)) return e.Code == code ? null : $"{e.Code}: {e.Message}";
            return readable ? $"{e.Code}: {e.Message}" : null;
        }
    }

    [GeneratedRegex(@"^\S+ (?<width>\d+)x(?<height>\d+) .*orient=(?<orient>\d*)")]
    private static partial Regex Shape();
}
