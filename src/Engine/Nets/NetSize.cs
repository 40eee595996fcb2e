namespace WebLab.Engine.Nets;

/// <summary>About how large a network is.</summary>
/// <param name="MultiplyAdds">Of one forward pass over an image of 32 x 32 pixels; larger images take more in proportion to their pixels.</param>
/// <param name="Parameters">For ten classes.</param>
public readonly record struct NetSize(double MultiplyAdds, double Parameters)
{
    /// <summary>With so many times the channels in every layer: both grow with the square.</summary>
    public NetSize Widened(double times) => new(MultiplyAdds * times * times, Parameters * times * times);
}
