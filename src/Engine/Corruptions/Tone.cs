using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("brightness", "Brightness", "Raises the value of hue, saturation and value: daylight.", Group = "weather", Source = Words.Source, Link = Words.Link)]
public sealed record Brightness : Corruption
{
    private static readonly double[] Large = [.1, .2, .3, .4, .5];
    private static readonly Published<double> Rise = new([.05, .1, .15, .2, .3], Large, Large);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var rise = Rise.At(image, severity);
        return Hsv.Change(image, (h, s, v) => (h, s, Math.Clamp(v + rise, 0, 1)));
    }
}

[Kind("saturate", "Saturation", "Lowers or raises the saturation of colours.", Group = "digital", Source = Words.Source, Link = Words.Link)]
public sealed record Saturate : Corruption
{
    private static readonly Published<(double Factor, double Add)> Changes = new(
        [(.3, 0), (.1, 0), (1.5, 0), (2, .1), (2.5, .2)], [(.3, 0), (.1, 0), (2, 0), (5, .1), (30, .2)], [(.3, 0), (.1, 0), (2, 0), (5, .1), (20, .2)]);

    public override CorruptionSet Set() => CorruptionSet.HeldOut;

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var (factor, add) = Changes.At(image, severity);
        return Hsv.Change(image, (h, s, v) => (h, Math.Clamp(s * factor + add, 0, 1), v));
    }
}

[Kind("contrast", "Contrast", "Draws every channel towards its mean.", Group = "digital", Source = Words.Source, Link = Words.Link)]
public sealed record Contrast : Corruption
{
    private static readonly double[] Large = [.4, .3, .2, .1, .05];
    private static readonly Published<double> Factor = new([.75, .5, .4, .3, .15], Large, Large);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var factor = Factor.At(image, severity);
        return image.Each(plane =>
        {
            var mean = plane.Average();
            return Array.ConvertAll(plane, v => (v - mean) * factor + mean);
        });
    }
}
