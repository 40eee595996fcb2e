using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Random;

namespace WebLab.Engine.Corruptions;

/// <summary>What a corruption is for.</summary>
public enum CorruptionSet
{
    /// <summary>One of the fifteen that the benchmark averages over.</summary>
    Test,

    /// <summary>Held out for choosing augmentations; never in the average.</summary>
    HeldOut,

    /// <summary>Stands in for one of the fifteen; never in the average.</summary>
    Substitute,
}

/// <summary>
/// A common corruption at five severities, after the code that made CIFAR-10-C and ImageNet-C. Its result is a pure function of the image
/// and (seed, sample, corruption, severity): no neighbour, order or batch changes it.
/// </summary>
/// <remarks>Hendrycks and Dietterich 2019, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations".</remarks>
public abstract record Corruption : Options
{
    public const int Severities = 5;

    public virtual CorruptionSet Set() => CorruptionSet.Test;

    /// <summary>Corrupts one image.</summary>
    /// <param name="planes">C x H x W bytes, grey or colour.</param>
    /// <param name="shape">C, H, W.</param>
    /// <param name="severity">1 (mildest) to 5.</param>
    /// <param name="seed">0 or more.</param>
    /// <param name="sample">The image's index in its split.</param>
    /// <returns>C x H x W bytes.</returns>
    public byte[] Apply(ReadOnlySpan<byte> planes, ImageShape shape, int severity, int seed, long sample)
    {
        if (severity is < 1 or > Severities) throw new ArgumentOutOfRangeException(nameof(severity), severity, $"wanted 1 to {Severities}");
        var chance = new Rng((ulong)seed).Chance($"corruption.{Kinds.Corruptions.KindOf(this)}.{severity}", sample);
        return Corrupt(new Picture(planes, shape), severity, chance);
    }

    internal abstract byte[] Corrupt(Picture image, int severity, Chance chance);
}

/// <summary>What a corruption needs to know at each severity, for the three image sizes that numbers were published for.</summary>
internal sealed class Published<T>(T[] cifar, T[] tiny, T[] imagenet)
{
    // 32, 64 and 224 pixels: an image takes the numbers of the nearest by ratio of the shorter side. Nothing is interpolated.
    private static readonly double ToTiny = Math.Sqrt(32 * 64), ToImagenet = Math.Sqrt(64 * 224);

    public T At(Picture image, int severity)
    {
        var side = Math.Min(image.Height, image.Width);
        return (side < ToTiny ? cifar : side < ToImagenet ? tiny : imagenet)[severity - 1];
    }
}
