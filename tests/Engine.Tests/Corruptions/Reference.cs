using System.Globalization;
using System.Runtime.CompilerServices;
using WebLab.Engine.Catalog;
using WebLab.Engine.Corruptions;
using WebLab.Engine.Data;
using WebLab.Engine.Images;

namespace WebLab.Engine.Tests.Corruptions;

/// <summary>What the libraries behind the benchmark make of made images (Reference/make.py), and the images.</summary>
internal static class Reference
{
    /// <summary>In the order of cifar.png.</summary>
    public static readonly string[] WithoutChance =
        ["defocus-blur", "zoom-blur", "brightness", "contrast", "pixelate", "jpeg-compression", "gaussian-blur", "saturate"];

    private static readonly string Beside = Folder();

    /// <summary>3 x n x n bytes: slopes, stripes, a disk, white, black, grain.</summary>
    public static byte[] Made(int n, int variant)
    {
        var planes = new byte[3 * n * n];
        for (var y = 0; y < n; y++)
            for (var x = 0; x < n; x++)
                for (var c = 0; c < 3; c++)
                {
                    var (u, v) = variant > 0 ? (y, x) : (x, y);
                    var level = 255 * (u * (c + 1) + v * (3 - c)) / (4 * (n - 1));
                    if (v * 8 / n is 3 or 5) level = 255 - level;
                    if (9 * ((u * 3 - 2 * n) * (u * 3 - 2 * n) + (v * 3 - n) * (v * 3 - n)) < 5 * n * n) level = new[] { 230, 90, 40 }[(c + variant) % 3];
                    level += (u * 7919 + v * 104729 + c * 1299709 + u * v * 31) % 41 - 20;
                    if (u < n / 4 && v < n / 4) level = 255;
                    if (u >= 3 * n / 4 && v >= 3 * n / 4) level = 0;
                    planes[(c * n + y) * n + x] = (byte)Math.Clamp(level, 0, 255);
                }

        return planes;
    }

    public static ImageShape Square(int n) => new(3, n, n);

    /// <summary>The corruption with all that it needs: frost gets made photographs.</summary>
    public static Corruption Kind(string kind) => Kinds.Corruptions.Find(kind)!.Default() is var options && options is Frost frost
        ? frost with { Photographs = [.. Enumerable.Range(1, 5).Select(k => RgbImage.FromPlanes(Made(300, k % 2).Select(b => (byte)(b / 2 + 60)).ToArray(), 3, 300, 300))] }
        : (Corruption)options;

    /// <summary>3 x 32 x 32 bytes that the libraries made.</summary>
    public static byte[] Small(string kind, int variant, int severity)
    {
        var sheet = PngFile.Decode(File.ReadAllBytes(Path.Combine(Beside, "cifar.png")), ImageLimits.Default);
        var (top, left) = ((variant * WithoutChance.Length + Array.IndexOf(WithoutChance, kind)) * 32, (severity - 1) * 32);
        var planes = new byte[3 * 32 * 32];
        for (var i = 0; i < 32 * 32; i++)
            for (var c = 0; c < 3; c++) planes[c * 32 * 32 + i] = sheet.Pixels[3 * ((top + i / 32) * sheet.Width + left + i % 32) + c];
        return planes;
    }

    /// <summary>Of an image of this side: means of 4 x 4 blocks, channels innermost.</summary>
    public static double[] Means(int side, string kind, int severity) => Line("means.txt", $"{side} {kind} {severity} ");

    /// <summary>Root mean square change in grey levels at each severity.</summary>
    public static double[] Change(int side, string kind) => Line("random.txt", $"{side} {kind} ");

    public static IEnumerable<(int Side, string Kind)> Changes =>
        File.ReadLines(Path.Combine(Beside, "random.txt")).Select(line => line.Split(' ')).Select(w => (int.Parse(w[0], CultureInfo.InvariantCulture), w[1]));

    /// <summary>Root mean square change over draws, in grey levels.</summary>
    public static double Change(Corruption corruption, ImageShape shape, int severity, IEnumerable<byte[]> images)
    {
        var (sum, count) = (0.0, 0L);
        foreach (var (index, before) in images.Index())
        {
            var after = corruption.Apply(before, shape, severity, 3, index);
            for (var i = 0; i < after.Length; i++) sum += (after[i] - before[i]) * (double)(after[i] - before[i]);
            count += after.Length;
        }

        return Math.Sqrt(sum / count);
    }

    private static string Folder([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "Reference");

    private static double[] Line(string file, string start) => [.. File.ReadLines(Path.Combine(Beside, file)).Single(l => l.StartsWith(start, StringComparison.Ordinal))[start.Length..]
        .Split(' ').Select(w => double.Parse(w, CultureInfo.InvariantCulture))];
}
