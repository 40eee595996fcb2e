namespace WebLab.Engine.Corruptions;

/// <summary>What lies beyond the edge of a plane.</summary>
internal enum Edge
{
    /// <summary>a a | a b c | c c</summary>
    Nearest,

    /// <summary>b a | a b c | c b</summary>
    Reflect,

    /// <summary>c b | a b c | b a</summary>
    Reflect101,
}

/// <summary>Filters on planes of H x W numbers; each gives a new plane.</summary>
internal static class Filters
{
    /// <summary>The place inside [0, n) that stands for any place.</summary>
    public static int Inside(int at, int n, Edge edge)
    {
        if ((uint)at < (uint)n) return at;
        if (edge == Edge.Nearest || n == 1) return at < 0 ? 0 : n - 1;
        var period = edge == Edge.Reflect ? 2 * n : 2 * n - 2;
        var place = ((at % period) + period) % period;
        return place < n ? place : edge == Edge.Reflect ? period - 1 - place : period - place;
    }

    /// <summary>Gaussian of deviation sigma, cut off at sigma times truncate, rows then columns; 0 leaves the plane as it is.</summary>
    public static double[] Gaussian(double[] plane, int height, int width, double sigma, Edge edge = Edge.Nearest, double truncate = 4)
    {
        var radius = (int)(truncate * sigma + .5);
        if (radius == 0) return [.. plane];
        var weights = Bell(radius, sigma);
        var (across, down) = (new double[plane.Length], new double[plane.Length]);
        Span<double> line = new double[Math.Max(height, width) + 2 * radius];
        for (var y = 0; y < height; y++)
        {
            for (var x = -radius; x < width + radius; x++) line[x + radius] = plane[y * width + Inside(x, width, edge)];
            for (var x = 0; x < width; x++) across[y * width + x] = Dot(line.Slice(x, weights.Length), weights);
        }

        for (var x = 0; x < width; x++)
        {
            for (var y = -radius; y < height + radius; y++) line[y + radius] = across[Inside(y, height, edge) * width + x];
            for (var y = 0; y < height; y++) down[y * width + x] = Dot(line.Slice(y, weights.Length), weights);
        }

        return down;
    }

    /// <summary>Correlation with a square kernel of odd side; beyond the edge the image is mirrored without its border.</summary>
    public static double[] Correlate(double[] plane, int height, int width, double[] kernel)
    {
        var side = (int)Math.Sqrt(kernel.Length);
        var taps = Enumerable.Range(0, kernel.Length).Where(k => kernel[k] != 0).Select(k => (Down: k / side - side / 2, Across: k % side - side / 2, Weight: kernel[k])).ToArray();
        var sum = new double[plane.Length];
        var columns = new int[width];
        foreach (var (down, across, weight) in taps)
        {
            for (var x = 0; x < width; x++) columns[x] = Inside(x + across, width, Edge.Reflect101);
            for (var y = 0; y < height; y++)
            {
                var row = plane.AsSpan(Inside(y + down, height, Edge.Reflect101) * width, width);
                var to = sum.AsSpan(y * width, width);
                for (var x = 0; x < width; x++) to[x] += weight * row[columns[x]];
            }
        }

        return sum;
    }

    /// <summary>
    /// A blur to one side along an angle (ImageMagick's MotionBlur, in the whole-pixel steps of Michaelis et al. 2019, imagecorruptions):
    /// 2 radius + 1 taps, the first on the pixel itself, weights of half a bell.
    /// </summary>
    /// <param name="levels">H x W bytes.</param>
    /// <param name="degrees">Where the taps go.</param>
    /// <returns>H x W bytes, rounded.</returns>
    public static byte[] Motion(ReadOnlySpan<byte> levels, int height, int width, int radius, double sigma, double degrees)
    {
        var weights = Bell(2 * radius, sigma)[(2 * radius)..];
        var total = weights.Sum();
        var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
        var sum = new double[levels.Length];
        for (var k = 0; k < weights.Length; k++)
        {
            var (down, across) = ((int)Math.Ceiling(k * sin - .5), (int)Math.Ceiling(k * cos - .5));
            for (var y = 0; y < height; y++)
            {
                var row = levels.Slice(Inside(y + down, height, Edge.Nearest) * width, width);
                for (var x = 0; x < width; x++) sum[y * width + x] += weights[k] * row[Inside(x + across, width, Edge.Nearest)];
            }
        }

        return Array.ConvertAll(sum, v => (byte)Math.Round(v / total));
    }

    // Weights of a bell at -radius..radius; they sum to 1.
    public static double[] Bell(int radius, double sigma)
    {
        var weights = new double[2 * radius + 1];
        for (var k = -radius; k <= radius; k++) weights[k + radius] = Math.Exp(-.5 / (sigma * sigma) * k * k);
        var sum = weights.Sum();
        return Array.ConvertAll(weights, w => w / sum);
    }

    private static double Dot(ReadOnlySpan<double> values, double[] weights)
    {
        var sum = 0.0;
        for (var k = 0; k < weights.Length; k++) sum += values[k] * weights[k];
        return sum;
    }
}
