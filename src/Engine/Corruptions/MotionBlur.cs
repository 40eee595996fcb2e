using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("motion-blur", "Motion blur", "The camera moves along a line up to 45 degrees from the horizontal.", Group = "blur", Source = Words.Source, Link = Words.Link)]
public sealed record MotionBlur : Corruption
{
    private static readonly Published<(int Radius, double Sigma)> Moves = new(
        [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)], [(10, 1), (10, 1.5), (10, 2), (10, 2.5), (12, 3)], [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var (radius, sigma) = Moves.At(image, severity);
        var degrees = chance.Uniform(-45, 45);
        return [.. Enumerable.Range(0, image.Channels).SelectMany(c =>
            Filters.Motion(image.Bytes.Slice(c * image.Area, image.Area), image.Height, image.Width, radius, sigma, degrees))];
    }
}
