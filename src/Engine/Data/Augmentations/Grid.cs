using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

/// <summary>Between pixels in [0,1] and the 8-bit levels that policies are defined on.</summary>
internal static class Grid
{
    private const int White = 255;

    /// <summary>The nearest levels: float32 holding whole numbers in [0,255].</summary>
    public static Tensor Levels(Tensor x) => (x * White).round().to(DType.Float32);

    /// <summary>Levels as pixels of the type of <paramref name="like"/>.</summary>
    // By a tensor: a GPU divides by a number as it multiplies by its reciprocal, which rounds twice.
    public static Tensor Pixels(Tensor levels, Tensor like) => levels.to(like.dtype).div(Ops.full([1], White, like.dtype, like.device));
}
