using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

/// <summary>What a policy was searched on.</summary>
public enum AutoAugmentPolicy
{
    /// <summary>CIFAR-10; for images of its size.</summary>
    Cifar10,

    /// <summary>ImageNet (the released code's v0); its translations are of up to 250 pixels.</summary>
    Imagenet,
}

[Kind("auto-augment", "AutoAugment", "Two operations per image by one of 25 pairs that a search found: warps, tones, colours.",
    Source = "Cubuk et al. 2019", Link = "https://arxiv.org/abs/1805.09501")]
public sealed record AutoAugmentOptions : AugmentationOptions
{
    [Description("cifar10 for small images, imagenet for those of 200 pixels and more.")]
    public AutoAugmentPolicy Policy { get; init; } = AutoAugmentPolicy.Cifar10;

    [Range(0, 255), Unit("levels"), Advanced, Description("Level of what comes in at the border; 128 in the authors' code.")]
    public int Fill { get; init; } = 128;

    public override Tensor Apply(Tensor x, Draws draws)
    {
        var pairs = AutoAugmentTables.Of(Policy);
        var (n, height, width) = ((int)x.size(0), x.size(2), x.size(3));
        var chosen = draws.Integers("pair", 0, pairs.Count).cpu().ToArray<long>();
        // N x 2 x 2: whether each operation is done, and its sign
        var chance = draws.Uniform("operations", 0, 1, 2, 2).to(DType.Float64).cpu().ToArray<double>();
        Move Drawn(int image, int round)
        {
            var step = pairs[(int)chosen[image]][round];
            var at = (image * 4) + (round * 2);
            return chance[at] < step.Chance ? step.Move(Policy, negative: chance[at + 1] < 0.5, height, width) : Move.None;
        }
        return Move.Apply(x, [.. Enumerable.Range(0, 2).Select(round => Enumerable.Range(0, n).Select(k => Drawn(k, round)).ToArray())], Fill);
    }
}
