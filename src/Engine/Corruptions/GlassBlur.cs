using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("glass-blur", "Frosted glass blur", "Pixels take the place of near ones, between two smoothings.", Group = "blur", Source = Words.Source, Link = Words.Link)]
public sealed record GlassBlur : Corruption
{
    private static readonly Published<(double Sigma, int Reach, int Rounds)> Panes = new(
        [(.05, 1, 1), (.25, 1, 1), (.4, 1, 1), (.25, 1, 2), (.4, 1, 2)], [(.1, 1, 1), (.5, 1, 1), (.6, 1, 2), (.7, 2, 1), (.9, 2, 2)],
        [(.7, 1, 2), (.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var (sigma, reach, rounds) = Panes.At(image, severity);
        double[] Smooth(double[] plane) => Filters.Gaussian(plane, image.Height, image.Width, sigma);
        double[][] planes = [.. image.Planes.Select(plane => Array.ConvertAll(Smooth(plane), v => Picture.Level(v) / 255.0))];
        // The benchmark's code reads like a swap, but the second half of it changes nothing: the partner stays as it is.
        for (var round = 0; round < rounds; round++)
            for (var y = image.Height - reach; y > reach; y--)
                for (var x = image.Width - reach; x > reach; x--)
                {
                    var (across, down) = (chance.Integer(-reach, reach), chance.Integer(-reach, reach));
                    foreach (var plane in planes) plane[y * image.Width + x] = plane[(y + down) * image.Width + x + across];
                }

        return Picture.Cut([.. planes.Select(Smooth)]);
    }
}
