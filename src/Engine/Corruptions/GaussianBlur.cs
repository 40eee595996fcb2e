using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("gaussian-blur", "Gaussian blur", "Smooths with a bell.", Group = "blur", Source = Words.Source, Link = Words.Link)]
public sealed record GaussianBlur : Corruption
{
    private static readonly Published<double> Sigma = new([.4, .6, .7, .8, 1], [.5, .75, 1, 1.25, 1.5], [1, 2, 3, 4, 6]);

    public override CorruptionSet Set() => CorruptionSet.HeldOut;

    internal override byte[] Corrupt(Picture image, int severity, Chance chance) =>
        image.Each(plane => Filters.Gaussian(plane, image.Height, image.Width, Sigma.At(image, severity)));
}
