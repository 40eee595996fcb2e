using WebLab.Engine.Torch;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// Where on the last feature map A (N x C x H x W) the evidence for a class lies, for heads that read the mean of the map: the mean of a
/// class map is the class's logit without its bias (Zhou et al. 2016). Maps: N x H x W, signed; classes: N int64.
/// </summary>
public static class ClassMaps
{
    /// <summary>sum over c of W[k,c] A_c, for a plain head or for a helper head. W: classes x C.</summary>
    public static Tensor Of(Tensor a, Tensor weight, Tensor classes) => Weighted(a, weight.index_select(0, classes));

    /// <summary>sum over c of W[k,c] V[m,c] A_c: a main head W that reads the map through the mask V[m] of helper head V.</summary>
    public static Tensor Masked(Tensor a, Tensor weight, Tensor helper, Tensor classes, Tensor masks) =>
        Weighted(a, weight.index_select(0, classes) * helper.index_select(0, masks));

    /// <summary>A map in the size of the image, bilinearly (corners not aligned).</summary>
    public static Tensor Enlarged(Tensor maps, long height, long width) =>
        Ops.upsample_bilinear2d(maps.unsqueeze(1), height, width).squeeze(1);

    private static Tensor Weighted(Tensor a, Tensor rows) => (a * rows.unsqueeze(2).unsqueeze(3)).sum(1);
}
