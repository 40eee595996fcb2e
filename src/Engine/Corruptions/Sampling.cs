namespace WebLab.Engine.Corruptions;

/// <summary>Planes of H x W numbers taken at other places or in other sizes.</summary>
internal static class Sampling
{
    /// <summary>The value between four pixels.</summary>
    public static double Bilinear(double[] plane, int height, int width, double y, double x, Edge edge)
    {
        var (top, left) = ((int)Math.Floor(y), (int)Math.Floor(x));
        var (low, right) = (y - top, x - left);
        var (a, b) = (Filters.Inside(top, height, edge) * width, Filters.Inside(top + 1, height, edge) * width);
        var (c, d) = (Filters.Inside(left, width, edge), Filters.Inside(left + 1, width, edge));
        return (1 - low) * ((1 - right) * plane[a + c] + right * plane[a + d]) + low * ((1 - right) * plane[b + c] + right * plane[b + d]);
    }

    /// <summary>The middle of a plane, enlarged bilinearly to its size: first and last pixels lie on first and last pixels.</summary>
    /// <param name="by">1 or more.</param>
    public static double[] Zoom(double[] plane, int height, int width, double by)
    {
        var (rows, columns) = (Places(height, by), Places(width, by));
        var zoomed = new double[plane.Length];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) zoomed[y * width + x] = Bilinear(plane, height, width, rows[y], columns[x], Edge.Nearest);
        return zoomed;
    }

    /// <summary>Resizes by the pixels whose centres fall into each pixel of the result, to the bit as the Python Imaging Library's "box".</summary>
    /// <param name="levels">H x W bytes.</param>
    public static byte[] Box(byte[] levels, int height, int width, int toHeight, int toWidth)
    {
        var across = new byte[height * toWidth];
        var (runs, halves) = (Runs(width, toWidth), 1 << (Precision - 1));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < toWidth; x++)
            {
                var (first, count, weight) = runs[x];
                var sum = halves;
                for (var k = first; k < first + count; k++) sum += levels[y * width + k] * weight;
                across[y * toWidth + x] = (byte)Math.Clamp(sum >> Precision, 0, 255);
            }

        var down = new byte[toHeight * toWidth];
        runs = Runs(height, toHeight);
        for (var y = 0; y < toHeight; y++)
            for (var x = 0; x < toWidth; x++)
            {
                var (first, count, weight) = runs[y];
                var sum = halves;
                for (var k = first; k < first + count; k++) sum += across[k * toWidth + x] * weight;
                down[y * toWidth + x] = (byte)Math.Clamp(sum >> Precision, 0, 255);
            }

        return down;
    }

    // Weights are whole numbers of 2^-22.
    private const int Precision = 22;

    private static (int First, int Count, int Weight)[] Runs(int from, int to)
    {
        var scale = (double)from / to;
        var stretch = Math.Max(scale, 1);
        return [.. Enumerable.Range(0, to).Select(k =>
        {
            var centre = (k + .5) * scale;
            var (first, last) = (Math.Max(0, (int)(centre - stretch / 2 + .5)), Math.Min(from, (int)(centre + stretch / 2 + .5)));
            int[] taken = [.. Enumerable.Range(first, last - first).Where(i => (i - centre + .5) / stretch is > -.5 and <= .5)];
            return (taken[0], taken.Length, (int)(.5 + (1 << Precision) / (double)taken.Length));
        })];
    }

    // Where each pixel of the enlarged middle lies: the middle of ceil(n / by) pixels, enlarged to round(ceil(n / by) by), trimmed to n.
    private static double[] Places(int n, double by)
    {
        var middle = (int)Math.Ceiling(n / by);
        var enlarged = (int)Math.Round(middle * by);
        var step = enlarged > 1 ? (middle - 1.0) / (enlarged - 1) : 0;
        return [.. Enumerable.Range((enlarged - n) / 2, n).Select(k => (n - middle) / 2 + Math.Min(k * step, middle - 1))];
    }
}
