namespace WebLab.Engine.Attacks;

/// <summary>How the size of a perturbation is measured.</summary>
public enum Norm
{
    /// <summary>Largest absolute change of a value.</summary>
    Linf,

    /// <summary>Euclidean length over all pixels and channels.</summary>
    L2,

    /// <summary>Sum of absolute changes.</summary>
    L1,
}
