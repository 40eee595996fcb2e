using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("snow", "Snow", "Flakes falling in two directions over a whitened image.", Group = "weather", Source = Words.Source, Link = Words.Link)]
public sealed record Snow : Corruption
{
    private sealed record Fall(double Mean, double Deviation, double Zoom, double Least, int Radius, double Sigma, double Keep);

    private static readonly Published<Fall> Falls = new(
        [new(.1, .2, 1, .6, 8, 3, .95), new(.1, .2, 1, .5, 10, 4, .9), new(.15, .3, 1.75, .55, 10, 4, .9), new(.25, .3, 2.25, .6, 12, 6, .85), new(.3, .3, 1.25, .65, 14, 12, .8)],
        [new(.1, .2, 1, .6, 8, 3, .8), new(.1, .2, 1, .5, 10, 4, .8), new(.15, .3, 1.75, .55, 10, 4, .7), new(.25, .3, 2.25, .6, 12, 6, .65), new(.3, .3, 1.25, .65, 14, 12, .6)],
        [new(.1, .3, 3, .5, 10, 4, .8), new(.2, .3, 2, .5, 12, 4, .7), new(.55, .3, 4, .9, 12, 8, .7), new(.55, .3, 4.5, .85, 12, 8, .65), new(.55, .3, 2.5, .85, 12, 12, .55)]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var fall = Falls.At(image, severity);
        var flakes = Flakes(image, fall, chance);
        double[] grey = image.Channels == 1 ? image.Planes[0] : [.. Enumerable.Range(0, image.Area).Select(i => Picture.Grey(image.Planes[0][i], image.Planes[1][i], image.Planes[2][i]))];
        return image.Each(plane =>
        {
            var snowed = new double[plane.Length];
            for (var i = 0; i < snowed.Length; i++)
            {
                var whitened = fall.Keep * plane[i] + (1 - fall.Keep) * Math.Max(plane[i], grey[i] * 1.5 + .5);
                // The layer, and the layer upside down.
                snowed[i] = whitened + (flakes[i] + flakes[^(i + 1)]) / 255.0;
            }

            return snowed;
        });
    }

    private static byte[] Flakes(Picture image, Fall fall, Chance chance)
    {
        var noise = new double[image.Area];
        for (var i = 0; i < noise.Length; i++) noise[i] = fall.Mean + fall.Deviation * chance.Normal();
        var grown = Sampling.Zoom(noise, image.Height, image.Width, fall.Zoom);
        var layer = Array.ConvertAll(grown, v => v < fall.Least ? (byte)0 : Picture.Level(v));
        return Filters.Motion(layer, image.Height, image.Width, fall.Radius, fall.Sigma, chance.Uniform(-135, -45));
    }
}
