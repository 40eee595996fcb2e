using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

[Kind("rotation", "Rotation", "Turns an image about its centre by a random angle. ALFA's CIFAR-100 recipe turns by up to 15 degrees.")]
public sealed record RotationOptions : AugmentationOptions
{
    [Range(0.0, 180.0), Unit("degrees"), Description("Largest angle, to either side.")]
    public double Degrees { get; init; } = 15;

    [Advanced, Description("nearest (as torchvision does by default) or bilinear; both on the grid of 8-bit levels.")]
    public Interpolation Interpolation { get; init; } = Interpolation.Nearest;

    [Range(0, 255), Unit("levels"), Advanced, Description("Level of the corners that come in; 0 is black.")]
    public int Fill { get; init; }

    public override Tensor Apply(Tensor x, Draws draws)
    {
        var (height, width) = (x.size(2), x.size(3));
        var turns = draws.Uniform("turn", -1, 1).to(DType.Float64).cpu().ToArray<double>();
        return Grid.Pixels(Warp.Apply(Grid.Levels(x), [.. turns.Select(t => Warp.Rotation(t * Degrees, height, width))], Fill, Interpolation), x);
    }
}
