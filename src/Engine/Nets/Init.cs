namespace WebLab.Engine.Nets;

/// <summary>How a parameter starts.</summary>
public enum InitKind
{
    Constant,
    Uniform,
    Normal,
}

/// <summary>The distribution a parameter starts from; <c>Scale</c> is the constant, the half-width or the standard deviation.</summary>
public readonly record struct Init(InitKind Kind, double Scale)
{
    public static readonly Init Zero = new(InitKind.Constant, 0);

    public static readonly Init One = new(InitKind.Constant, 1);

    /// <summary>PyTorch's default for convolutions, linear layers and their biases: kaiming uniform with a = sqrt 5.</summary>
    public static Init Library(long fanIn) => new(InitKind.Uniform, 1 / Math.Sqrt(fanIn));

    /// <summary>Kaiming normal with gain sqrt 2; <paramref name="fan"/> is the fan-in or fan-out (He et al. 2015).</summary>
    public static Init Kaiming(long fan) => new(InitKind.Normal, Math.Sqrt(2.0 / fan));

    public static Init Uniform(double halfWidth) => new(InitKind.Uniform, halfWidth);
}
