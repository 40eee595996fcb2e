using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("pixelate", "Pixelation", "A smaller image blown up.", Group = "digital", Source = Words.Source, Link = Words.Link)]
public sealed record Pixelate : Corruption
{
    private static readonly Published<double> Scale = new([.95, .9, .85, .75, .65], [.9, .8, .7, .6, .5], [.6, .5, .4, .3, .25]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var scale = Scale.At(image, severity);
        var (height, width) = (Math.Max(1, (int)(image.Height * scale)), Math.Max(1, (int)(image.Width * scale)));
        return [.. image.Bytes.ToArray().Chunk(image.Area).SelectMany(plane =>
            Sampling.Box(Sampling.Box(plane, image.Height, image.Width, height, width), height, width, image.Height, image.Width))];
    }
}
