using WebLab.Engine.Catalog;
using WebLab.Engine.Images;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("spatter", "Spatter", "Drops of water on the lens, or of mud.", Group = "weather", Source = Words.Source, Link = Words.Link)]
public sealed record Spatter : Corruption
{
    private sealed record Splash(double Mean, double Deviation, double Sigma, double Least, double Strength, bool Mud);

    private static readonly Published<Splash> Splashes = new(
        [new(.62, .1, .7, .7, .5, false), new(.65, .1, .8, .7, .5, false), new(.65, .3, 1, .69, .5, false), new(.65, .1, .7, .69, .6, true), new(.65, .1, .5, .68, .6, true)],
        [new(.62, .1, .7, .7, .6, false), new(.65, .1, .8, .7, .6, false), new(.65, .3, 1, .69, .6, false), new(.65, .1, .7, .68, .6, true), new(.65, .1, .5, .67, .6, true)],
        [new(.65, .3, 4, .69, .6, false), new(.65, .3, 3, .68, .6, false), new(.65, .3, 2, .68, .5, false), new(.65, .3, 1, .65, 1.5, true), new(.67, .4, 1, .65, 1.5, true)]);

    private static readonly double[] Water = [175 / 255.0, 238 / 255.0, 238 / 255.0], Brown = [63 / 255.0, 42 / 255.0, 20 / 255.0];

    // Mud thinner than this does not stick.
    private const double Thinnest = .8;

    public override CorruptionSet Set() => CorruptionSet.HeldOut;

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var splash = Splashes.At(image, severity);
        var noise = new double[image.Area];
        for (var i = 0; i < noise.Length; i++) noise[i] = splash.Mean + splash.Deviation * chance.Normal();
        var drops = Array.ConvertAll(Filters.Gaussian(noise, image.Height, image.Width, splash.Sigma), v => v < splash.Least ? 0 : v);
        return splash.Mud ? Muddied(image, splash, drops) : Wetted(image, splash, drops);
    }

    private static byte[] Wetted(Picture image, Splash splash, double[] drops)
    {
        var layer = Array.ConvertAll(drops, Picture.Level);
        var light = Codec.Ripples(layer, image.Height, image.Width);
        double[] m = [.. layer.Zip(light, (depth, lit) => (double)depth * lit)];
        // An image without a drop stays as it is.
        if (m.Max() is var most && most == 0) return [.. image.Bytes];
        return image.InColour(coloured => Picture.Cut([.. coloured.Planes.Select((plane, c) =>
            plane.Select((v, i) => (double)((float)v + (float)(m[i] / most * splash.Strength * Water[c]))).ToArray())]));
    }

    private static byte[] Muddied(Picture image, Splash splash, double[] drops)
    {
        var m = Filters.Gaussian(Array.ConvertAll(drops, v => v > splash.Least ? 1.0 : 0), image.Height, image.Width, splash.Strength);
        return image.InColour(coloured => Picture.Cut([.. coloured.Planes.Select((plane, c) => plane.Select((v, i) =>
        {
            var mud = m[i] < Thinnest ? 0 : m[i];
            return (double)(float)(v * (1 - mud) + Brown[c] * mud);
        }).ToArray())]));
    }
}
