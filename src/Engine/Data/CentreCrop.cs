using WebLab.Engine.Torch;

namespace WebLab.Engine.Data;

/// <summary>The middle square of stored images: what probes, evaluations and the lab show a network that sees less than is stored.</summary>
public static class CentreCrop
{
    /// <param name="x">N x C x H x W.</param>
    /// <param name="side">At most H and W; null: all of the image.</param>
    /// <returns>N x C x side x side.</returns>
    public static Tensor Apply(Tensor x, int? side)
    {
        if (side is not { } s || (x.size(2) == s && x.size(3) == s)) return x;
        return x.narrow(2, (x.size(2) - s) / 2, s).narrow(3, (x.size(3) - s) / 2, s).contiguous();
    }

    /// <summary>What is wrong with a side for images of a shape; null: nothing.</summary>
    /// <param name="of">Whose shape it is, such as <c>'flowers'</c>.</param>
    public static string? Misfit(int? side, ImageShape shape, string of) => side > Math.Min(shape.Height, shape.Width)
        ? $"{side} exceeds the {shape.Height} x {shape.Width} pixels of {of}" : null;
}
