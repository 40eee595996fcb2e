using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("gaussian-noise", "Gaussian noise", "Adds normal noise to every value: low light.", Group = "noise", Source = Words.Source, Link = Words.Link)]
public sealed record GaussianNoise : Corruption
{
    private static readonly Published<double> Sigma = new([.04, .06, .08, .09, .10], [.04, .08, .12, .15, .18], [.08, .12, .18, .26, .38]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var sigma = Sigma.At(image, severity);
        return image.EachValue(v => v + sigma * chance.Normal());
    }
}

[Kind("shot-noise", "Shot noise", "Counts light in grains: Poisson noise, stronger where it is bright.", Group = "noise", Source = Words.Source, Link = Words.Link)]
public sealed record ShotNoise : Corruption
{
    // Grains of a white value.
    private static readonly Published<double> Grains = new([500, 250, 100, 75, 50], [250, 100, 50, 30, 15], [60, 25, 12, 5, 3]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var c = Grains.At(image, severity);
        return image.EachValue(v => chance.Poisson(v * c) / c);
    }
}

[Kind("impulse-noise", "Impulse noise", "Sets some values to black or white: salt and pepper in each channel.", Group = "noise", Source = Words.Source, Link = Words.Link)]
public sealed record ImpulseNoise : Corruption
{
    private static readonly Published<double> Amount = new([.01, .02, .03, .05, .07], [.01, .02, .05, .08, .14], [.03, .06, .09, .17, .27]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var amount = Amount.At(image, severity);
        return image.EachValue(v => chance.Uniform() >= amount ? v : chance.Uniform() < .5 ? 1 : 0);
    }
}

[Kind("speckle-noise", "Speckle noise", "Noise in proportion to each value.", Group = "noise", Source = Words.Source, Link = Words.Link)]
public sealed record SpeckleNoise : Corruption
{
    private static readonly Published<double> Sigma = new([.06, .1, .12, .16, .2], [.15, .2, .25, .3, .35], [.15, .2, .35, .45, .6]);

    public override CorruptionSet Set() => CorruptionSet.HeldOut;

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var sigma = Sigma.At(image, severity);
        return image.EachValue(v => v + v * sigma * chance.Normal());
    }
}
