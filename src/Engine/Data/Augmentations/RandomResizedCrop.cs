using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

[Kind("random-resized-crop", "Random resized crop",
    "Cuts a rectangle of random area, shape and place and resizes it to the side that the network sees (data.crop, or the stored side).",
    Source = "Szegedy et al. 2015", Link = "https://arxiv.org/abs/1409.4842")]
public sealed record RandomResizedCropOptions : AugmentationOptions
{
    /// <summary>Rectangles drawn until one fits; then the largest middle one with an allowed ratio is taken.</summary>
    private const int Tries = 10;

    [Range(0.01, 1.0), Description("Smallest area of the rectangle, as a share of the image; 0.08 for ImageNet, more for small images.")]
    public double MinArea { get; init; } = 0.08;

    [Range(0.01, 1.0), Advanced, Description("Largest area of the rectangle, as a share of the image.")]
    public double MaxArea { get; init; } = 1;

    [Range(0.1, 10.0), Advanced, Description("Smallest width over height; the logarithm of the ratio is uniform.")]
    public double MinRatio { get; init; } = 3 / 4.0;

    [Range(0.1, 10.0), Advanced, Description("Largest width over height.")]
    public double MaxRatio { get; init; } = 4 / 3.0;

    public override IEnumerable<Finding> Check()
    {
        if (MinArea > MaxArea) yield return new("minArea", $"must be <= maxArea ({MaxArea}); got {MinArea}");
        if (MinRatio > MaxRatio) yield return new("minRatio", $"must be <= maxRatio ({MaxRatio}); got {MinRatio}");
    }

    public override Tensor Apply(Tensor x, Draws draws) => Cut(x, draws, x.size(2), x.size(3));

    public override Tensor Apply(Tensor x, Draws draws, int? side) => Cut(x, draws, side ?? x.size(2), side ?? x.size(3));

    // N x C x height x width: both directions are linear maps, a matrix for each image.
    private Tensor Cut(Tensor x, Draws draws, long height, long width)
    {
        var (top, left, tall, wide) = Rectangles(draws, x.size(2), x.size(3), x.device);
        var rows = Weights(top, tall, x.size(2), height).unsqueeze(1);
        var columns = Weights(left, wide, x.size(3), width).unsqueeze(1);
        return rows.matmul(x.contiguous()).matmul(columns.transpose(2, 3)).clamp(0, 1);
    }

    // N each: the first of the tries that lies inside the image, as torchvision draws them.
    private (Tensor Top, Tensor Left, Tensor Tall, Tensor Wide) Rectangles(Draws draws, long height, long width, Device device)
    {
        var area = draws.Uniform("area", MinArea, MaxArea, Tries) * (height * width);
        var ratio = draws.Uniform("ratio", Math.Log(MinRatio), Math.Log(MaxRatio), Tries).exp();
        var (wides, talls) = ((area * ratio).sqrt().round(), (area / ratio).sqrt().round());
        var fits = wides.ge(1).logical_and(wides.le(width)).logical_and(talls.ge(1)).logical_and(talls.le(height));
        // Earlier tries weigh more, so that the largest weight is the first that fits.
        var first = (fits.to(DType.Float32) * (Tries - Ops.arange(Tries, DType.Float32, device))).argmax(1, true);
        var any = fits.any(1);
        var (fallTall, fallWide) = Fallback(height, width);
        var tall = Ops.where(any, talls.gather(1, first).squeeze(1), fallTall);
        var wide = Ops.where(any, wides.gather(1, first).squeeze(1), fallWide);
        return (Place("top", height - tall, any), Place("left", width - wide, any), tall, wide);

        Tensor Place(string name, Tensor room, Tensor random)
        {
            var drawn = (draws.Uniform(name, 0, 1) * (room + 1)).floor().minimum(room);
            return Ops.where(random, drawn, (room / 2).floor());
        }
    }

    private (double Tall, double Wide) Fallback(long height, long width)
    {
        var ratio = (double)width / height;
        return ratio < MinRatio ? (Math.Round(width / MinRatio), width) : ratio > MaxRatio ? (height, Math.Round(height * MaxRatio)) : (height, width);
    }

    /// <summary>Bilinear weights of the stored lines in each line of the result: a triangle, widened where lines shrink so that none is passed over.</summary>
    /// <param name="first">N: the first stored line of the cut.</param>
    /// <param name="length">N: how many lines are cut.</param>
    /// <returns>N x result x stored; each line sums to 1 and is 0 outside of the cut.</returns>
    private static Tensor Weights(Tensor first, Tensor length, long stored, long result)
    {
        (first, length) = (first.reshape(-1, 1, 1), length.reshape(-1, 1, 1));
        var scale = length / result;
        // The middle of each line of the result, counted in stored lines.
        var middle = first + (Ops.arange(result, DType.Float32, first.device).reshape(1, -1, 1) + 0.5) * scale - 0.5;
        var lines = Ops.arange(stored, DType.Float32, first.device).reshape(1, 1, -1);
        var weights = (1 - (lines - middle).abs() / scale.clamp_min(1)).relu();
        weights = weights.masked_fill(lines.lt(first).logical_or(lines.ge(first + length)), 0);
        return weights / weights.sum([2], true);
    }
}
