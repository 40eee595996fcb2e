using WebLab.Engine.Attacks;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>One image before and after an attack, C x H x W in [0,1] as bytes.</summary>
public sealed record Exhibit(int Channels, int Height, int Width, byte[] Clean, byte[] Adversarial, byte[] Delta,
    int Label, int CleanLabel, int AdversarialLabel)
{
    /// <summary>What the difference is multiplied with; grey is no change.</summary>
    public const double Amplification = 10;

    /// <summary>Sample <paramref name="k"/> of an attacked batch.</summary>
    public static Exhibit Of(Tensor x, Tensor y, Outcome outcome, int k)
    {
        using var scope = Scope.Enter();
        var (clean, adversarial) = (x[k], outcome.X[k]);
        var delta = adversarial.sub(clean).mul(Amplification).add(0.5).clamp(0, 1);
        return new Exhibit((int)x.size(1), (int)x.size(2), (int)x.size(3), Bytes(clean), Bytes(adversarial), Bytes(delta),
            y[k].item<int>(), outcome.LabelBefore[k].item<int>(), outcome.LabelAfter[k].item<int>());
    }

    private static byte[] Bytes(Tensor image) => image.mul(255).round().to(DType.UInt8).ToArray<byte>();
}

/// <summary>The sample images of an epoch as files.</summary>
public static class Gallery
{
    /// <summary>Writes three PNG files per exhibit; a file of an earlier attempt is replaced.</summary>
    public static IReadOnlyList<SampleImage> Save(IReadOnlyList<Exhibit> exhibits, string folder, int epoch)
    {
        Directory.CreateDirectory(folder);
        return [.. exhibits.Select((e, k) => new SampleImage(
            Write(e, e.Clean, $"e{epoch:000}-{k}-clean.png"),
            Write(e, e.Adversarial, $"e{epoch:000}-{k}-adversarial.png"),
            Write(e, e.Delta, $"e{epoch:000}-{k}-delta.png"),
            e.Label, e.CleanLabel, e.AdversarialLabel))];

        string Write(Exhibit e, byte[] pixels, string name)
        {
            Durable.Replace(Path.Combine(folder, name), PngFile.Encode(RgbImage.FromPlanes(pixels, e.Channels, e.Height, e.Width)), sync: false);
            return name;
        }
    }
}
