using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("fog", "Fog", "A fractal haze over the image, which loses contrast.", Group = "weather", Source = Words.Source, Link = Words.Link)]
public sealed record Fog : Corruption
{
    private static readonly Published<(double Amount, double Decay)> Hazes = new(
        [(.2, 3), (.5, 3), (.75, 2.5), (1, 2), (1.5, 1.75)], [(.4, 3), (.7, 3), (1, 2.5), (1.5, 2), (2, 1.75)], [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var (amount, decay) = Hazes.At(image, severity);
        var haze = Plasma.Of(image.Height, image.Width, decay, chance);
        var brightest = image.Planes.Max(plane => plane.Max());
        return image.Each(plane => [.. plane.Select((v, i) => (v + amount * haze[i]) * brightest / (brightest + amount))]);
    }
}
