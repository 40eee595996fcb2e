using WebLab.Engine.Images;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data;

/// <summary>What augmentations make of a training image: the pictures that a run with this seed sees of it, epoch by epoch, before any attack.</summary>
public static class AugmentationPreview
{
    /// <summary>The stream of a run's draws for augmentation.</summary>
    public const string Stream = "augment";

    /// <summary>Some images, each in several epochs.</summary>
    /// <param name="split">Where they lie.</param>
    /// <param name="indices">Their places, which key their draws.</param>
    /// <param name="augment">As in a recipe.</param>
    /// <param name="crop">The side that the network sees; null: as the images come.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="epoch">The first epoch, from 1.</param>
    /// <param name="count">How many epochs.</param>
    /// <returns>By image, then by epoch.</returns>
    public static IReadOnlyList<IReadOnlyList<RgbImage>> Draw(PackedSplit split, IReadOnlyList<int> indices, IReadOnlyList<AugmentationOptions> augment, int? crop, ulong seed,
        int epoch, int count)
    {
        using var scope = Scope.Enter();
        using var nograd = NoGrad.Enter();
        using var tensors = new TensorSplit(split, Device.Cpu);
        var rng = new Rng(seed);
        return [.. indices.Select(index =>
        {
            var (x, _) = tensors.Batch([index]);
            var samples = Tensor.From<long>([index], 1);
            return (IReadOnlyList<RgbImage>)[.. Enumerable.Range(epoch, count).Select(e => Picture(AugmentationOptions.ApplyAll(augment, x, rng.Draw(Stream, samples, e), crop)))];
        })];
    }

    // x: 1 x C x H x W float32 in [0,1]
    private static RgbImage Picture(Tensor x)
    {
        var bytes = x.mul(255).round().clamp(0, 255).to(DType.UInt8).contiguous().ToArray<byte>();
        return RgbImage.FromPlanes(bytes, (int)x.size(1), (int)x.size(2), (int)x.size(3));
    }
}
