using System.ComponentModel;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Nets;

/// <summary>Options of an architecture.</summary>
public abstract record ArchitectureOptions : Options
{
    [Description("Subtract the data set's mean and divide by its standard deviation inside the network; pixels and radii stay in [0,1].")]
    public bool Normalize { get; init; } = true;

    /// <summary>Places for attribution points (AGAIN, CAS): 0 where the architecture has none.</summary>
    public virtual int AttributionPlaces() => 0;

    /// <summary>The network with every value at zero: <see cref="Network.Initialise"/> or <see cref="Network.Load"/> comes next.</summary>
    public abstract Network Build(NetShape shape);
}
