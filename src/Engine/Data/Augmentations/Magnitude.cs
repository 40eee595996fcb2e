namespace WebLab.Engine.Data.Augmentations;

/// <summary>What the levels of the policies mean as arguments of operations (<see cref="Move"/>).</summary>
internal static class Magnitude
{
    /// <summary>Levels of <see cref="Rand"/>: 0 to 30.</summary>
    public const int Bins = 31;

    // The search's images of 331 pixels moved by up to 150.
    private const double LargestShift = 150.0 / 331;

    /// <summary>CIFAR-10's policy: ten levels, 0 to 9, equally spaced.</summary>
    public static double Cifar(Operation operation, int level, bool negative, long height, long width) => operation switch
    {
        Operation.Solarize => 256 - (256 * level / 9.0),
        _ => Relative(operation, level / 9.0, negative, height, width),
    };

    /// <summary>torchvision's RandAugment; translations are whole pixels.</summary>
    public static double Rand(Operation operation, int level, bool negative, long height, long width)
    {
        var m = level / (Bins - 1.0);
        return operation switch
        {
            Operation.Solarize => 255 - (255 * m),
            Operation.TranslateX or Operation.TranslateY => Math.Truncate(Relative(operation, m, negative, height, width)),
            _ => Relative(operation, m, negative, height, width),
        };
    }

    /// <summary>ImageNet's policy: levels 0 to 10. Differs: posterize keeps one bit where the formula gives none, as TensorFlow's shift by 8 does.</summary>
    public static double Imagenet(Operation operation, int level, bool negative)
    {
        var (m, sign) = (level / 10.0, negative ? -1 : 1);
        return operation switch
        {
            Operation.ShearX or Operation.ShearY => sign * 0.3 * m,
            Operation.TranslateX or Operation.TranslateY => sign * 250 * m,
            Operation.Rotate => sign * 30 * m,
            Operation.Color or Operation.Contrast or Operation.Brightness or Operation.Sharpness => (1.8 * m) + 0.1,
            Operation.Posterize => Math.Max(1, Math.Truncate(4 * m)),
            Operation.Solarize => Math.Truncate(256 * m),
            Operation.SolarizeAdd => Math.Truncate(110 * m),
            _ => 0,
        };
    }

    // m in [0,1]
    private static double Relative(Operation operation, double m, bool negative, long height, long width)
    {
        var sign = negative ? -1 : 1;
        return operation switch
        {
            Operation.ShearX or Operation.ShearY => sign * 0.3 * m,
            Operation.TranslateX => sign * LargestShift * width * m,
            Operation.TranslateY => sign * LargestShift * height * m,
            Operation.Rotate => sign * 30 * m,
            Operation.Color or Operation.Contrast or Operation.Brightness or Operation.Sharpness => 1 + (sign * 0.9 * m),
            Operation.Posterize => 8 - Math.Round(4 * m),
            _ => 0,
        };
    }
}
