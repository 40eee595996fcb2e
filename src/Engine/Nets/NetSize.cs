namespace WebLab.Engine.Nets;

/// <summary>About how large a network is.</summary>
/// <param name="MultiplyAdds">Of one forward pass over an image of 32 x 32 pixels; larger images take more in proportion to their pixels.</param>
/// <param name="Parameters">For ten classes.</param>
public readonly record struct NetSize(double MultiplyAdds, double Parameters)
{
    /// <summary>
    /// What a pass takes, in multiply-adds: reading and writing maps grows with the channels where multiply-adds grow with their square, so
    /// that narrow networks take longer than these say. Fitted to ResNet-18 of widths 8 to 64, WRN-16-1 and TinyCNN on one core, within 20 %.
    /// </summary>
    public double Work => MultiplyAdds + (1800 * Math.Sqrt(MultiplyAdds));

    /// <summary>With so many times the channels in every layer: both grow with the square.</summary>
    public NetSize Widened(double times) => new(MultiplyAdds * times * times, Parameters * times * times);
}
