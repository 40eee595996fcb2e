using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

/// <summary>Fractal heights by the diamond-square algorithm (Fournier, Fussell and Carpenter 1982), wrapping around at the edges.</summary>
internal static class Plasma
{
    private const double FirstWibble = 100;

    /// <summary>H x W in [0,1], cut from a square whose side is a power of two.</summary>
    /// <param name="decay">The wibble falls by this factor from one scale to the next; small is rough.</param>
    public static double[] Of(int height, int width, double decay, Chance chance)
    {
        var side = 2;
        while (side < Math.Max(height, width)) side *= 2;
        var map = Square(side, decay, chance);
        var (low, high) = (map.Min(), map.Max());
        var plane = new double[height * width];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) plane[y * width + x] = (map[y * side + x] - low) / (high - low);
        return plane;
    }

    private static double[] Square(int side, double decay, Chance chance)
    {
        var map = new double[side * side];
        var wibble = FirstWibble;
        for (var step = side; step >= 2; step /= 2, wibble /= decay)
        {
            var half = step / 2;
            // Middles of squares, from their corners; then middles of their edges, from corners and middles.
            Fill(half, half, aslant: true);
            Fill(0, half, aslant: false);
            Fill(half, 0, aslant: false);

            void Fill(int top, int left, bool aslant)
            {
                for (var y = top; y < side; y += step)
                    for (var x = left; x < side; x += step)
                    {
                        var sum = aslant ? At(y - half, x - half) + At(y - half, x + half) + At(y + half, x - half) + At(y + half, x + half)
                            : At(y - half, x) + At(y + half, x) + At(y, x - half) + At(y, x + half);
                        map[y * side + x] = sum / 4 + wibble * chance.Uniform(-wibble, wibble);
                    }
            }
        }

        return map;

        double At(int y, int x) => map[(y & (side - 1)) * side + (x & (side - 1))];
    }
}
