using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("elastic-transform", "Elastic transform", "Stretches and contracts small regions, after a random affine map.", Group = "digital", Source = Words.Source, Link = Words.Link)]
public sealed record ElasticTransform : Corruption
{
    // Pixels: size and smoothness of the shifts, jitter of the affine map's points. 244 stands where 224 was meant, and is kept.
    private static readonly Published<(double Size, double Sigma, double Jitter)> Fields = new(
        [(0, 0, 2.56), (1.6, 6.4, 2.24), (2.56, 1.92, 1.92), (3.2, 1.28, 1.6), (3.2, .96, .96)],
        [(0, 0, 5.12), (3.2, 19.2, 3.84), (6.4, 5.12, 3.84), (6.4, 1.92, 1.92), (10.24, 1.92, 1.28)],
        [(488, 170.8, 24.4), (488, 19.52, 48.8), (12.2, 2.44, 4.88), (17.08, 2.44, 4.88), (29.28, 2.44, 4.88)]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var (size, sigma, jitter) = Fields.At(image, severity);
        var (height, width) = (image.Height, image.Width);
        var back = Affine(height, width, jitter, chance);
        var (across, down) = (Field(), Field());
        return image.Each(plane =>
        {
            var (warped, shifted) = (new double[plane.Length], new double[plane.Length]);
            for (var i = 0; i < warped.Length; i++)
            {
                var (x, y) = back(i % width, i / width);
                warped[i] = Sampling.Bilinear(plane, height, width, y, x, Edge.Reflect101);
            }

            // Single precision, as the benchmark's: a white area stays exactly white.
            for (var i = 0; i < shifted.Length; i++)
                shifted[i] = (float)Sampling.Bilinear(warped, height, width, i / width + down[i], i % width + across[i], Edge.Reflect);
            return shifted;
        });

        double[] Field()
        {
            var noise = new double[image.Area];
            for (var i = 0; i < noise.Length; i++) noise[i] = chance.Uniform(-1, 1);
            return Array.ConvertAll(Filters.Gaussian(noise, height, width, sigma, Edge.Reflect, truncate: 3), v => v * size);
        }
    }

    // Three points around the centre are moved; gives the place in the image that each pixel of the result comes from.
    private static Func<double, double, (double X, double Y)> Affine(int height, int width, double jitter, Chance chance)
    {
        var (x, y, reach) = (width / 2, height / 2, Math.Min(height, width) / 3);
        (double X, double Y)[] from = [(x + reach, y + reach), (x + reach, y - reach), (x - reach, y - reach)];
        (double X, double Y)[] to = [.. from.Select(p => (p.X + chance.Uniform(-jitter, jitter), p.Y + chance.Uniform(-jitter, jitter)))];
        // Edges from the second point: u to the first, v to the third.
        var (u, v) = ((X: to[0].X - to[1].X, Y: to[0].Y - to[1].Y), (X: to[2].X - to[1].X, Y: to[2].Y - to[1].Y));
        var area = u.X * v.Y - u.Y * v.X;
        // Points on one line have no way back: the image stays as it is.
        if (Math.Abs(area) < 1e-9) return (px, py) => (px, py);
        return (px, py) =>
        {
            var (dx, dy) = (px - to[1].X, py - to[1].Y);
            var (a, b) = ((dx * v.Y - dy * v.X) / area, (dy * u.X - dx * u.Y) / area);
            return (from[1].X + a * (from[0].X - from[1].X) + b * (from[2].X - from[1].X), from[1].Y + a * (from[0].Y - from[1].Y) + b * (from[2].Y - from[1].Y));
        };
    }
}
