namespace WebLab.Engine.Data.Augmentations;

/// <summary>An operation of a policy.</summary>
/// <param name="Operation">Which.</param>
/// <param name="Chance">That it is done.</param>
/// <param name="Level">How strong, on the policy's own scale (<see cref="Magnitude"/>).</param>
internal readonly record struct PolicyStep(Operation Operation, double Chance, int Level)
{
    /// <summary>The move that it makes on an image of this size.</summary>
    public Move Move(AutoAugmentPolicy policy, bool negative, long height, long width) => new(Operation, policy == AutoAugmentPolicy.Imagenet
        ? Magnitude.Imagenet(Operation, Level, negative)
        : Magnitude.Cifar(Operation, Level, negative, height, width));
}

/// <summary>The 25 pairs of each policy: Cubuk et al. 2019, table 7 (CIFAR-10); the released code of EfficientNet, policy v0 (ImageNet).</summary>
internal static class AutoAugmentTables
{
    public static IReadOnlyList<PolicyStep[]> Of(AutoAugmentPolicy policy) => policy == AutoAugmentPolicy.Imagenet ? Imagenet : Cifar10;

    private static readonly PolicyStep[][] Cifar10 =
    [
        [new(Operation.Invert, 0.1, 7), new(Operation.Contrast, 0.2, 6)],
        [new(Operation.Rotate, 0.7, 2), new(Operation.TranslateX, 0.3, 9)],
        [new(Operation.Sharpness, 0.8, 1), new(Operation.Sharpness, 0.9, 3)],
        [new(Operation.ShearY, 0.5, 8), new(Operation.TranslateY, 0.7, 9)],
        [new(Operation.AutoContrast, 0.5, 8), new(Operation.Equalize, 0.9, 2)],
        [new(Operation.ShearY, 0.2, 7), new(Operation.Posterize, 0.3, 7)],
        [new(Operation.Color, 0.4, 3), new(Operation.Brightness, 0.6, 7)],
        [new(Operation.Sharpness, 0.3, 9), new(Operation.Brightness, 0.7, 9)],
        [new(Operation.Equalize, 0.6, 5), new(Operation.Equalize, 0.5, 1)],
        [new(Operation.Contrast, 0.6, 7), new(Operation.Sharpness, 0.6, 5)],
        [new(Operation.Color, 0.7, 7), new(Operation.TranslateX, 0.5, 8)],
        [new(Operation.Equalize, 0.3, 7), new(Operation.AutoContrast, 0.4, 8)],
        [new(Operation.TranslateY, 0.4, 3), new(Operation.Sharpness, 0.2, 6)],
        [new(Operation.Brightness, 0.9, 6), new(Operation.Color, 0.2, 8)],
        [new(Operation.Solarize, 0.5, 2), new(Operation.Invert, 0, 3)],
        [new(Operation.Equalize, 0.2, 0), new(Operation.AutoContrast, 0.6, 0)],
        [new(Operation.Equalize, 0.2, 8), new(Operation.Equalize, 0.6, 4)],
        [new(Operation.Color, 0.9, 9), new(Operation.Equalize, 0.6, 6)],
        [new(Operation.AutoContrast, 0.8, 4), new(Operation.Solarize, 0.2, 8)],
        [new(Operation.Brightness, 0.1, 3), new(Operation.Color, 0.7, 0)],
        [new(Operation.Solarize, 0.4, 5), new(Operation.AutoContrast, 0.9, 3)],
        [new(Operation.TranslateY, 0.9, 9), new(Operation.TranslateY, 0.7, 9)],
        [new(Operation.AutoContrast, 0.9, 2), new(Operation.Solarize, 0.8, 3)],
        [new(Operation.Equalize, 0.8, 8), new(Operation.Invert, 0.1, 3)],
        [new(Operation.TranslateY, 0.7, 9), new(Operation.AutoContrast, 0.9, 1)],
    ];

    private static readonly PolicyStep[][] Imagenet =
    [
        [new(Operation.Equalize, 0.8, 1), new(Operation.ShearY, 0.8, 4)],
        [new(Operation.Color, 0.4, 9), new(Operation.Equalize, 0.6, 3)],
        [new(Operation.Color, 0.4, 1), new(Operation.Rotate, 0.6, 8)],
        [new(Operation.Solarize, 0.8, 3), new(Operation.Equalize, 0.4, 7)],
        [new(Operation.Solarize, 0.4, 2), new(Operation.Solarize, 0.6, 2)],
        [new(Operation.Color, 0.2, 0), new(Operation.Equalize, 0.8, 8)],
        [new(Operation.Equalize, 0.4, 8), new(Operation.SolarizeAdd, 0.8, 3)],
        [new(Operation.ShearX, 0.2, 9), new(Operation.Rotate, 0.6, 8)],
        [new(Operation.Color, 0.6, 1), new(Operation.Equalize, 1, 2)],
        [new(Operation.Invert, 0.4, 9), new(Operation.Rotate, 0.6, 0)],
        [new(Operation.Equalize, 1, 9), new(Operation.ShearY, 0.6, 3)],
        [new(Operation.Color, 0.4, 7), new(Operation.Equalize, 0.6, 0)],
        [new(Operation.Posterize, 0.4, 6), new(Operation.AutoContrast, 0.4, 7)],
        [new(Operation.Solarize, 0.6, 8), new(Operation.Color, 0.6, 9)],
        [new(Operation.Solarize, 0.2, 4), new(Operation.Rotate, 0.8, 9)],
        [new(Operation.Rotate, 1, 7), new(Operation.TranslateY, 0.8, 9)],
        [new(Operation.ShearX, 0, 0), new(Operation.Solarize, 0.8, 4)],
        [new(Operation.ShearY, 0.8, 0), new(Operation.Color, 0.6, 4)],
        [new(Operation.Color, 1, 0), new(Operation.Rotate, 0.6, 2)],
        [new(Operation.Equalize, 0.8, 4), new(Operation.Equalize, 0, 8)],
        [new(Operation.Equalize, 1, 4), new(Operation.AutoContrast, 0.6, 2)],
        [new(Operation.ShearY, 0.4, 7), new(Operation.SolarizeAdd, 0.6, 7)],
        [new(Operation.Posterize, 0.8, 2), new(Operation.Solarize, 0.6, 10)],
        [new(Operation.Solarize, 0.6, 8), new(Operation.Equalize, 0.6, 1)],
        [new(Operation.Color, 0.8, 6), new(Operation.Rotate, 0.4, 5)],
    ];
}
