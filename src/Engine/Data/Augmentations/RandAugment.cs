using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

[Kind("rand-augment", "RandAugment", "A few random operations per image, all of one strength: warps, tones, colours.",
    Source = "Cubuk et al. 2020; operations and magnitudes of torchvision", Link = "https://arxiv.org/abs/1909.13719")]
public sealed record RandAugmentOptions : AugmentationOptions
{
    private static readonly Operation[] Known =
    [
        Operation.Identity, Operation.ShearX, Operation.ShearY, Operation.TranslateX, Operation.TranslateY, Operation.Rotate, Operation.Brightness,
        Operation.Color, Operation.Contrast, Operation.Sharpness, Operation.Posterize, Operation.Solarize, Operation.AutoContrast, Operation.Equalize,
    ];

    [Range(1, 10), Unit("operations"), Description("Operations per image, one after the other: N in the paper.")]
    public int Operations { get; init; } = 2;

    [Range(0, Magnitude.Bins - 1), Description("Strength of every operation, of 30: M in the paper.")]
    public int Strength { get; init; } = 9;

    [Range(0, 255), Unit("levels"), Advanced, Description("Level of what comes in at the border; 128 in the authors' code, 0 in torchvision.")]
    public int Fill { get; init; } = 128;

    public override Tensor Apply(Tensor x, Draws draws)
    {
        var (n, height, width) = ((int)x.size(0), x.size(2), x.size(3));
        // N x operations
        var chosen = draws.Integers("operation", 0, Known.Length, Operations).cpu().ToArray<long>();
        var signs = draws.Uniform("sign", 0, 1, Operations).to(DType.Float64).cpu().ToArray<double>();
        Move Drawn(int image, int round)
        {
            var (operation, negative) = (Known[chosen[(image * Operations) + round]], signs[(image * Operations) + round] < 0.5);
            return new(operation, Magnitude.Rand(operation, Strength, negative, height, width));
        }
        return Move.Apply(x, [.. Enumerable.Range(0, Operations).Select(round => Enumerable.Range(0, n).Select(k => Drawn(k, round)).ToArray())], Fill);
    }
}
