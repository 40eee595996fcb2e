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

    /// <summary>About how large the network is, for estimates.</summary>
    public abstract NetSize Size();

    /// <summary>What lies between the input and the head, in the order of the data.</summary>
    public abstract IReadOnlyList<StageGroup> Groups();

    /// <summary>Stages whose output is an image or a feature map, in the order of the data: everything but the head.</summary>
    public IReadOnlyList<string> Places() => [Blueprint.Input, .. Groups().SelectMany(g => g.Stages)];

    /// <summary>Where ALFA attacks if nobody says: the end of the first group, as in the released code for ResNet-56s.</summary>
    public string EarlyPlace() => Groups().First(g => g.Name != Blueprint.Stem).Name;

    /// <summary>Where L-ALFA attacks if nobody says: the ends of all groups.</summary>
    public virtual IReadOnlyList<string> SpreadPlaces() => [.. Groups().Select(g => g.Name)];

    /// <summary>Share of the network's work that lies behind a place, as if all blocks cost the same and the stem nothing.</summary>
    public double ShareBehind(string place)
    {
        var blocks = Groups().Where(g => g.Name != Blueprint.Stem).SelectMany(g => g.Stages).ToList();
        return 1 - ((blocks.IndexOf(place) + 1.0) / blocks.Count);
    }

    /// <summary>The network with every value at zero: <see cref="Network.Initialise"/> or <see cref="Network.Load"/> comes next.</summary>
    public abstract Network Build(NetShape shape);
}
