using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

[Kind("flip", "Flip", "Mirrors an image left to right, by chance. Not for digits or text.")]
public sealed record FlipOptions : AugmentationOptions
{
    [Range(0.0, 1.0), Advanced, Description("Chance that an image is mirrored.")]
    public double Chance { get; init; } = 0.5;

    public override Tensor Apply(Tensor x, Draws draws) =>
        Ops.where(draws.Bernoulli("flip", Chance).reshape(-1, 1, 1, 1), x.flip(3), x);
}
