using WebLab.Engine.Torch;

namespace WebLab.Engine.Data.Augmentations;

/// <summary>
/// Changes of tone, to the bit as the Python Imaging Library makes them. v: M x C x H x W float32 holding whole numbers in [0,255]; so
/// are the results. Arguments: M x 1 x 1 x 1 float32, one per image. Sums are of whole numbers, hence the same on every device.
/// </summary>
internal static class Tones
{
    private const int Levels = 256;

    public static Tensor Invert(Tensor v) => 255 - v;

    /// <summary>Inverts what reaches the threshold.</summary>
    public static Tensor Solarize(Tensor v, Tensor threshold) => Ops.where(v.ge(threshold), 255 - v, v);

    /// <summary>Adds to what is below 128.</summary>
    public static Tensor SolarizeAdd(Tensor v, Tensor add) => Ops.where(v.lt(128), (v + add).clamp(0, 255), v);

    /// <summary>Drops all but the first bits.</summary>
    /// <param name="v">Images.</param>
    /// <param name="step">2^(8 - bits).</param>
    public static Tensor Posterize(Tensor v, Tensor step) => (v / step).floor() * step;

    public static Tensor Brightness(Tensor v, Tensor factor) => Blend(Ops.zeros_like(v), v, factor);

    /// <summary>Away from the grey version; images that are not of three channels are grey already.</summary>
    public static Tensor Color(Tensor v, Tensor factor) => v.size(1) == 3 ? Blend(Grey(v), v, factor) : v;

    /// <summary>Away from the mean grey, rounded.</summary>
    public static Tensor Contrast(Tensor v, Tensor factor)
    {
        var grey = Grey(v);
        var count = grey.size(1) * grey.size(2) * grey.size(3);
        var twice = (grey.to(DType.Int64).sum([1, 2, 3], true) * 2) + count;
        return Blend(twice.div(2 * count, "floor").to(v.dtype), v, factor);
    }

    /// <summary>Away from the smoothed image: 3 x 3 with 5 in the centre, 1 around; the border stays as it is.</summary>
    public static Tensor Sharpness(Tensor v, Tensor factor)
    {
        var (height, width) = (v.size(2), v.size(3));
        if (height < 3 || width < 3) return v;
        var centre = v.narrow(2, 1, height - 2).narrow(3, 1, width - 2);
        var sum = centre * 4;
        for (var y = 0; y < 3; y++)
            for (var x = 0; x < 3; x++)
                sum += v.narrow(2, y, height - 2).narrow(3, x, width - 2);
        // Rounded; the quotient by 13 never lies halfway.
        var smooth = ((sum * 2) + 13).div(26).floor();
        var rows = Ops.cat([v.narrow(2, 1, height - 2).narrow(3, 0, 1), smooth, v.narrow(2, 1, height - 2).narrow(3, width - 1, 1)], 3);
        return Blend(Ops.cat([v.narrow(2, 0, 1), rows, v.narrow(2, height - 1, 1)], 2), v, factor);
    }

    /// <summary>Stretches each channel to [0,255].</summary>
    public static Tensor AutoContrast(Tensor v)
    {
        var wide = v.to(DType.Float64);
        var (low, high) = (wide.amin([2, 3], true), wide.amax([2, 3], true));
        var scale = Ops.full_like(low, 255).div((high - low).clamp_min(1));
        var stretched = ((wide * scale) + (low.neg() * scale)).clamp(0, 255).floor().to(v.dtype);
        return Ops.where(high.gt(low), stretched, v);
    }

    /// <summary>Spreads the levels of each channel so that they become equally frequent.</summary>
    public static Tensor Equalize(Tensor v)
    {
        var (m, channels) = (v.size(0), v.size(1));
        // M x C x (H W) and M x C x 256
        var pixels = v.reshape(m, channels, -1).to(DType.Int64);
        var histogram = Ops.zeros([m, channels, Levels], DType.Int64, v.device).scatter_add(2, pixels, Ops.ones_like(pixels));
        var last = (histogram.gt(0) * Ops.arange(Levels, device: v.device)).argmax(2, true);
        var step = (histogram.sum(2, true) - histogram.gather(2, last)).div(255, "floor");
        var whole = step.clamp_min(1);
        var table = (whole.div(2, "floor") + histogram.cumsum(2) - histogram).div(whole, "floor").clamp(0, 255);
        return Ops.where(step.gt(0), table.gather(2, pixels), pixels).to(v.dtype).reshape(v.shape);
    }

    // Cut off, not rounded: a + f (b - a).
    private static Tensor Blend(Tensor a, Tensor b, Tensor factor) => (((b - a) * factor) + a).clamp(0, 255).floor();

    // M x 1 x H x W: ITU-R 601 luma in 16-bit fixed point; every sum is below 2^24, so float32 holds it.
    private static Tensor Grey(Tensor v) => v.size(1) == 3
        ? ((v.narrow(1, 0, 1) * 19595) + (v.narrow(1, 1, 1) * 38470) + (v.narrow(1, 2, 1) * 7471) + 32768).div(65536).floor()
        : v;
}
