using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

[Kind("none", "None", "Images as they are.")]
public sealed record NoneOptions : AugmentationOptions
{
    public override Tensor Apply(Tensor x, Draws draws) => x;
}
