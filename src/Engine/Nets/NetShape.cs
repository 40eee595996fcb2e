namespace WebLab.Engine.Nets;

/// <summary>What a network is built for.</summary>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Mean">Mean per channel that the first stage subtracts; null together with <paramref name="Std"/>: no normalisation.</param>
/// <param name="Std">Standard deviation per channel that the first stage divides by.</param>
/// <param name="Banks">Batch-norm banks; 1 is a plain network.</param>
/// <param name="Heads">Attribution points, at the last places that the architecture has for them; absent: none.</param>
/// <param name="Generators">True: every batch norm predicts how to fuse banks 0 and 1; absent: none does.</param>
/// <param name="ShareAffine">True: the banks have statistics of their own but one scale and shift, bank 0's; absent: nothing is shared.</param>
/// <param name="ShareStats">True: the banks have scales and shifts of their own but one set of statistics, bank 0's.</param>
public sealed record NetShape(int Channels, int Classes, IReadOnlyList<double>? Mean = null, IReadOnlyList<double>? Std = null, int Banks = 1,
    int? Heads = null, bool? Generators = null, bool? ShareAffine = null, bool? ShareStats = null);
