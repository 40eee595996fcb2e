using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

[Kind("zoom-blur", "Zoom blur", "The camera moves towards the scene: the mean over zooms.", Group = "blur", Source = Words.Source, Link = Words.Link)]
public sealed record ZoomBlur : Corruption
{
    // Zooms 1, 1 + step, ...: as many as the benchmark's float arithmetic gives, which now and then is one more than written.
    private static readonly (double Step, int Count)[] Small = [(.01, 7), (.01, 12), (.01, 16), (.01, 21), (.01, 26)];
    private static readonly Published<(double Step, int Count)> Zooms = new(Small, Small, [(.01, 12), (.01, 16), (.02, 11), (.02, 13), (.03, 11)]);

    internal override byte[] Corrupt(Picture image, int severity, Chance chance)
    {
        var (step, count) = Zooms.At(image, severity);
        return image.Each(plane =>
        {
            // Single precision, as the benchmark's: a white area sums to exactly white.
            var sum = new float[plane.Length];
            for (var k = 0; k < count; k++)
            {
                var zoomed = Sampling.Zoom(plane, image.Height, image.Width, 1 + k * step);
                for (var i = 0; i < sum.Length; i++) sum[i] += (float)zoomed[i];
            }

            return [.. sum.Select((v, i) => (double)(((float)plane[i] + v) / (count + 1)))];
        });
    }
}
