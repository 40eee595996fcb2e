using WebLab.Engine.Nets;
using WebLab.Engine.Training;

namespace WebLab.Engine.Inspections;

/// <summary>Finding of <see cref="MaskLens"/>: rates in [0,1] as <see cref="Diagnostics"/> explains them.</summary>
/// <param name="Values">By metric name, such as <c>diagnostic.maskSwap</c>.</param>
public sealed record MaskFinding(long Images, IReadOnlyDictionary<string, double> Values);

/// <summary>Whether the main head of a masked network thinks for itself: agreement with the helper head, and what a wrong mask does.</summary>
public sealed class MaskLens(Network network) : Lens
{
    public const string Name = "masks";

    private readonly Diagnostics _diagnostics = new(network);
    private long _seen;

    public override object Finding => new MaskFinding(_seen, _diagnostics.Values);

    public override IEnumerable<KeyValuePair<string, double>> Headlines =>
        _diagnostics.Values.Select(v => new KeyValuePair<string, double>("inspect." + v.Key["diagnostic.".Length..], v.Value));

    public override void Look(Slide slide)
    {
        _seen += slide.Count;
        _diagnostics.Look(slide.X, slide.Attacked.X, slide.Y, slide.Draws("masks"));
    }
}
