using System.ComponentModel;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;

namespace WebLab.Web.Lab;

/// <summary>What the lab's form fills in.</summary>
public sealed record AttackChoice : Options
{
    [Description("How the image is changed.")]
    public required AttackOptions Attack { get; init; }
}
