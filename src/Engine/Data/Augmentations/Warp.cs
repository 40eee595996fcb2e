using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

/// <summary>Where a warped pixel takes its value from.</summary>
public enum Interpolation
{
    /// <summary>The pixel that its centre falls into.</summary>
    Nearest,

    /// <summary>The four pixels around it.</summary>
    Bilinear,
}

/// <summary>
/// An affine map from the pixels of a result to places in the image: x' = A x + B y + C, y' = D x + E y + F, pixel centres at halves.
/// Places are whole numbers of 1/65536 pixel, as in the Python Imaging Library, hence the same on every device.
/// </summary>
internal readonly record struct Warp(double A, double B, double C, double D, double E, double F)
{
    private const int Bits = 16;
    private const long One = 1L << Bits;

    public static Warp ShearX(double by) => new(1, by, 0, 0, 1, 0);

    public static Warp ShearY(double by) => new(1, 0, 0, by, 1, 0);

    public static Warp Shift(double x, double y) => new(1, 0, x, 0, 1, y);

    /// <summary>Counter-clockwise about the centre.</summary>
    public static Warp Rotation(double degrees, long height, long width)
    {
        var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
        var (x, y) = (width / 2.0, height / 2.0);
        return new(cos, -sin, x - (cos * x) + (sin * y), sin, cos, y - (sin * x) - (cos * y));
    }

    /// <summary>Warps every image by a map of its own.</summary>
    /// <param name="v">M x C x H x W float32 holding whole numbers in [0,255].</param>
    /// <param name="maps">M.</param>
    /// <param name="fill">Level of what lies outside of the image.</param>
    /// <param name="how">Nearest is exactly the Python Imaging Library's; Differs: bilinear is rounded where the library cuts off, which darkens.</param>
    public static Tensor Apply(Tensor v, IReadOnlyList<Warp> maps, int fill, Interpolation how = Interpolation.Nearest)
    {
        var (height, width) = (v.size(2), v.size(3));
        // M x H x W int64, in 1/65536 pixel
        var coefficients = Tensor.From([.. maps.SelectMany(m => m.Fixed())], maps.Count, 6, 1, 1).to(v.device).unbind(1);
        var (x, y) = (Ops.arange(width, device: v.device).reshape(1, 1, -1), Ops.arange(height, device: v.device).reshape(1, -1, 1));
        var across = (coefficients[0] * x) + (coefficients[1] * y) + coefficients[2];
        var down = (coefficients[3] * x) + (coefficients[4] * y) + coefficients[5];
        var inside = across.ge(0).logical_and(across.lt(width * One)).logical_and(down.ge(0)).logical_and(down.lt(height * One)).unsqueeze(1);
        var taken = how == Interpolation.Nearest
            ? At(v, down.bitwise_right_shift(Bits), across.bitwise_right_shift(Bits))
            : Between(v, down - (One / 2), across - (One / 2));
        return Ops.where(inside, taken, fill);
    }

    // The same map, from the index of a pixel instead of its centre.
    private IEnumerable<long> Fixed() => new[] { A, B, C + (A / 2) + (B / 2), D, E, F + (D / 2) + (E / 2) }.Select(c => (long)Math.Floor((c * One) + 0.5));

    // The pixels at M x H x W rows and columns; beyond the border, the border's.
    private static Tensor At(Tensor v, Tensor rows, Tensor columns)
    {
        var (m, channels, height, width) = (v.size(0), v.size(1), v.size(2), v.size(3));
        var places = ((rows.clamp(0, height - 1) * width) + columns.clamp(0, width - 1)).reshape(m, 1, height * width);
        return v.reshape(m, channels, -1).gather(2, places.expand(m, channels, -1)).reshape(m, channels, height, width);
    }

    private static Tensor Between(Tensor v, Tensor down, Tensor across)
    {
        var (row, column) = (down.bitwise_right_shift(Bits), across.bitwise_right_shift(Bits));
        var (low, right) = (down.bitwise_and(One - 1).unsqueeze(1), across.bitwise_and(One - 1).unsqueeze(1));
        var levels = v.to(DType.Int64);
        Tensor Row(Tensor at) => (At(levels, at, column) * (One - right)) + (At(levels, at, column + 1) * right);
        var sum = (Row(row) * (One - low)) + (Row(row + 1) * low);
        return (sum + (One * One / 2)).bitwise_right_shift(2 * Bits).to(v.dtype);
    }
}
