using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("defocus-blur", "Defocus blur", "A lens out of focus: the mean over a smoothed disk.", Group = "blur", Source = Words.Source, Link = Words.Link)]
public sealed record DefocusBlur : Corruption
{
    // Below a radius of 1 the disk is one pixel, so that only its smoothing blurs.
    private static readonly Published<(double Radius, double Smoothing)> Disks = new(
        [(.3, .4), (.4, .5), (.5, .6), (1, .2), (1.5, .1)], [(.5, .6), (1, .1), (1.5, .1), (2.5, .01), (3, .1)], [(3, .1), (4, .5), (6, .5), (8, .5), (10, .5)]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var (radius, smoothing) = Disks.At(image, severity);
        var kernel = Disk(radius, smoothing);
        return image.Each(plane => Filters.Correlate(plane, image.Height, image.Width, kernel));
    }

    // On a grid of 17 x 17 at least, smoothed by a bell of 3 x 3, or 5 x 5 for large radii.
    private static double[] Disk(double radius, double smoothing)
    {
        var (reach, half) = radius <= 8 ? (8, 1) : ((int)radius, 2);
        var side = 2 * reach + 1;
        var disk = new double[side * side];
        for (var y = -reach; y <= reach; y++)
            for (var x = -reach; x <= reach; x++) disk[(y + reach) * side + x + reach] = y * y + x * x <= radius * radius ? 1 : 0;
        var sum = disk.Sum();
        var bell = Filters.Bell(half, smoothing);
        double[] square = [.. bell.SelectMany(down => bell.Select(across => (double)((float)down * (float)across)))];
        // Single precision, as the benchmark's: large disks sum to a little less than 1, which turns white 255 into 254.
        return Array.ConvertAll(Filters.Correlate(Array.ConvertAll(disk, v => (double)(float)(v / sum)), side, side, square), v => (double)(float)v);
    }
}
