using System.Globalization;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Data;

/// <summary>Options of an augmentation: a variation drawn anew for every image and epoch.</summary>
public abstract record AugmentationOptions : Options
{
    /// <summary>Varies a batch; every image by draws of its own, so the outcome does not depend on its neighbours.</summary>
    /// <param name="x">N x C x H x W float in [0,1].</param>
    /// <param name="draws">Chance, keyed by these N samples.</param>
    /// <returns>The same shape, type and range.</returns>
    public abstract Tensor Apply(Tensor x, Draws draws);

    /// <summary>The same, for what cuts and resizes anyway and so can give the images another side at once.</summary>
    /// <param name="side">The side that the network sees; null: as the images come.</param>
    public virtual Tensor Apply(Tensor x, Draws draws, int? side) => Apply(x, draws);

    /// <summary>Applies a recipe's augmentations in order; the draws of each are kept apart by its position.</summary>
    /// <param name="x">N x C x H x W float in [0,1].</param>
    /// <param name="draws">Chance, keyed by these N samples and the epoch.</param>
    /// <param name="side">The side that the network sees; what no augmentation resized is cut to its middle.</param>
    public static Tensor ApplyAll(IReadOnlyList<AugmentationOptions> all, Tensor x, Draws draws, int? side = null)
    {
        using var scope = Scope.Enter();
        using var nograd = NoGrad.Enter();
        for (var k = 0; k < all.Count; k++) x = all[k].Apply(x, draws.In(k.ToString(CultureInfo.InvariantCulture)), side);
        return scope.Keep(CentreCrop.Apply(x, side));
    }
}
