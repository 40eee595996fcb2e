using System.ComponentModel;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;

namespace WebLab.Web.Datasets;

/// <summary>What the preview's form fills in.</summary>
public sealed record AugmentChoice : Options
{
    [Description("Variations in their order.")]
    public IReadOnlyList<AugmentationOptions> Augment { get; init; } = [];
}
