namespace WebLab.Engine.Nets;

/// <summary>What a network is built for.</summary>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Mean">Mean per channel that the first stage subtracts; null together with <paramref name="Std"/>: no normalisation.</param>
/// <param name="Std">Standard deviation per channel that the first stage divides by.</param>
/// <param name="Banks">Batch-norm banks; 1 is a plain network.</param>
public sealed record NetShape(int Channels, int Classes, IReadOnlyList<double>? Mean = null, IReadOnlyList<double>? Std = null, int Banks = 1);
