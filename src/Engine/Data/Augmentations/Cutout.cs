using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

[Kind("cutout", "Cutout", "Blackens a square around a random point.", Source = "DeVries and Taylor 2017", Link = "https://arxiv.org/abs/1708.04552")]
public sealed record CutoutOptions : AugmentationOptions
{
    [Range(1, 1024), Unit("pixels"), Description("Side of the square; the part outside the image is lost. 16 for CIFAR-10, 8 for CIFAR-100 in the paper.")]
    public int Size { get; init; } = 16;

    public override Tensor Apply(Tensor x, Draws draws)
    {
        var inside = Band(draws, "row", x.size(2), x.device).reshape(-1, 1, x.size(2), 1)
            .logical_and(Band(draws, "column", x.size(3), x.device).reshape(-1, 1, 1, x.size(3)));
        return x.masked_fill(inside, 0);
    }

    // N x length bool: whether a line lies in the square, whose centre falls on each line with equal chance
    private Tensor Band(Draws draws, string name, long length, Device device)
    {
        var first = draws.Integers(name, 0, length).reshape(-1, 1) - Size / 2;
        var lines = Ops.arange(length, device: device).reshape(1, -1);
        return lines.ge(first).logical_and(lines.lt(first + Size));
    }
}
