using WebLab.Engine.Catalog;
using WebLab.Engine.Images;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("frost", "Frost", "A photograph of ice laid over the image; needs the benchmark's photographs.", Group = "weather", Source = Words.Source, Link = Words.Link)]
public sealed record Frost : Corruption
{
    internal static readonly Published<(double Image, double Ice)> Weights = new(
        [(1, .2), (1, .3), (.9, .4), (.85, .4), (.75, .45)], [(1, .3), (.9, .4), (.8, .45), (.75, .5), (.7, .55)], [(1, .4), (.8, .6), (.7, .7), (.65, .7), (.6, .75)]);

    // The photographs are shrunk for small images.
    private static readonly Published<double> Shrinking = new([.2, .2, .2, .2, .2], [.3, .3, .3, .3, .3], [1, 1, 1, 1, 1]);

    /// <summary>The five that the benchmark draws from; null: they were not given.</summary>
    internal IReadOnlyList<RgbImage>? Photographs { get; init; }

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        if (Photographs is not { Count: > 0 } photographs) throw new InvalidOperationException("frost needs its photographs");
        var photograph = photographs[chance.Integer(0, photographs.Count)];
        var scale = Shrinking.At(image, severity);
        // Room to move by a pixel at least, also for images that are larger than a photograph.
        scale = Math.Max(scale, Math.Max((image.Height + 1.5) / photograph.Height, (image.Width + 1.5) / photograph.Width));
        var (height, width) = ((int)Math.Round(photograph.Height * scale), (int)Math.Round(photograph.Width * scale));
        var (top, left) = (chance.Integer(0, height - image.Height), chance.Integer(0, width - image.Width));
        double[][] planes = [.. photograph.ToPlanes().Chunk(photograph.Height * photograph.Width).Select(p => Array.ConvertAll(p, b => (double)b))];
        return Over(image, severity, (c, y, x) => Math.Round(Sampling.Bilinear(planes[c], photograph.Height, photograph.Width,
            (top + y + .5) / scale - .5, (left + x + .5) / scale - .5, Edge.Nearest)) / 255);
    }

    /// <summary>Lays ice over an image with the weights of a severity.</summary>
    /// <param name="ice">By channel, row and column, in [0,1].</param>
    internal static byte[] Over(Picture image, int severity, Func<int, int, int, double> ice)
    {
        var (kept, laid) = Weights.At(image, severity);
        return image.InColour(coloured => Picture.Cut([.. coloured.Planes.Select((plane, c) =>
            plane.Select((v, i) => kept * v + laid * ice(c, i / image.Width, i % image.Width)).ToArray())]));
    }
}
