using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("frost-synthetic", "Frost, generated", "Generated ice where the photographs of frost are not there; its numbers are not the benchmark's, so no average has it.", Group = "weather")]
public sealed record FrostSynthetic : Corruption
{
    // Pixels per crystal, in the size that the photographs have after shrinking.
    private static readonly Published<double> Crystal = new([11, 11, 11, 11, 11], [16, 16, 16, 16, 16], [48, 48, 48, 48, 48]);

    // Of ice: red, green, blue at its darkest and at its whitest.
    private static readonly double[] Dark = [.24, .30, .38], White = [.94, .98, 1];

    public override CorruptionSet Set() => CorruptionSet.Substitute;

    /// <summary>Clouds of a fractal with bright edges of crystals: distance to the nearest and to the second nearest of scattered points (Worley 1996).</summary>
    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var clouds = Plasma.Of(image.Height, image.Width, 1.7, chance);
        var size = Crystal.At(image, severity);
        var seeds = Seeds(image, size, chance);
        double[] ice = [.. Enumerable.Range(0, image.Area).Select(i =>
        {
            var (nearest, second) = (double.MaxValue, double.MaxValue);
            foreach (var (y, x) in seeds)
            {
                var far = Math.Sqrt((y - i / image.Width) * (y - i / image.Width) + (x - i % image.Width) * (x - i % image.Width));
                if (far < nearest) (nearest, second) = (far, nearest);
                else if (far < second) second = far;
            }

            return Math.Clamp(.75 * clouds[i] + .45 * Math.Exp(-6 * (second - nearest) / size), 0, 1);
        })];
        return Frost.Over(image, severity, (c, y, x) => Dark[c] + (White[c] - Dark[c]) * ice[y * image.Width + x]);
    }

    // One point in each cell of a grid that reaches a cell beyond the image.
    private static List<(double Y, double X)> Seeds(Picture image, double size, Chance chance)
    {
        var seeds = new List<(double, double)>();
        for (var y = -size; y < image.Height + size; y += size)
            for (var x = -size; x < image.Width + size; x += size) seeds.Add((y + size * chance.Uniform(), x + size * chance.Uniform()));
        return seeds;
    }
}
