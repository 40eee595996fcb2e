using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

[Kind("pad-crop", "Pad and crop", "Shifts an image by up to 'pad' pixels each way; what comes in is black, or the image mirrored.")]
public sealed record PadCropOptions : AugmentationOptions
{
    [Range(1, 64), Unit("pixels"), Description("Border added on each side before a window of the old size is cut at random; 4 is usual for 32 x 32, 8 for 64 x 64.")]
    public int Pad { get; init; } = 4;

    // Left out where off: recipes from before there was a choice keep their hash.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Advanced, Description("Mirror the image at its edges instead of a black border, as in the code of Rice et al. and of AWP; the border must be narrower than the image.")]
    public bool Mirror { get; init; }

    public override Tensor Apply(Tensor x, Draws draws)
    {
        var (n, height, width) = (x.size(0), x.size(2), x.size(3));
        var device = x.device;
        var top = draws.Integers("top", 0, 2 * Pad + 1);
        var left = draws.Integers("left", 0, 2 * Pad + 1);
        // N x H x 1 and N x 1 x W: rows and columns of each window
        var rows = top.reshape(-1, 1, 1) + Ops.arange(height, device: device).reshape(1, -1, 1);
        var columns = left.reshape(-1, 1, 1) + Ops.arange(width, device: device).reshape(1, 1, -1);
        var images = Ops.arange(n, device: device).reshape(-1, 1, 1);
        if (Mirror) return x.permute(0, 2, 3, 1).index(images, Reflected(rows - Pad, height), Reflected(columns - Pad, width)).permute(0, 3, 1, 2);
        var padded = Ops.constant_pad_nd(x, [Pad, Pad, Pad, Pad]).permute(0, 2, 3, 1);
        return padded.index(images, rows, columns).permute(0, 3, 1, 2);
    }

    // The edge itself is not repeated. Places beyond a second mirror are those of the far edge.
    private static Tensor Reflected(Tensor places, long length) => (length - 1 - (length - 1 - places.abs()).abs()).clamp_min(0);
}
