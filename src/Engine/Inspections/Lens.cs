using WebLab.Engine.Torch;

namespace WebLab.Engine.Inspections;

/// <summary>One way to look into a trained network: batch by batch, then a finding.</summary>
public abstract class Lens
{
    /// <summary>What stands under the lens's name in <c>inspection.json</c>, once every batch was looked at.</summary>
    public abstract object Finding { get; }

    /// <summary>The figures that stand for the finding, by metric name.</summary>
    public virtual IEnumerable<KeyValuePair<string, double>> Headlines => [];

    /// <summary>Values of single images, N each in the order of the images, by name.</summary>
    public virtual IEnumerable<KeyValuePair<string, Tensor>> Columns => [];

    /// <summary>Takes one batch in. Called in a scope of its own, with gradients off.</summary>
    public abstract void Look(Slide slide);
}
