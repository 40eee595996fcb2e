using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Recipes;

/// <summary>A figure that somebody published for these settings: what a run of the recipe is held against.</summary>
public sealed record QuotedFigure : Options
{
    [RegularExpression("[a-z][a-z0-9]*(-[a-z0-9]+)*"), Description("What was measured on test images: clean, an attack such as pgd20, cw-inf or aa, or a test set of its own such as imagenet-a.")]
    public required string Metric { get; init; }

    [Range(0.0, 100.0), Unit("%"), Description("The published figure; an accuracy unless the metric is an error.")]
    public required double Value { get; init; }

    [Range(0.0, 100.0), Unit("points"), Description("Difference that a repetition may show, to either side.")]
    public required double Tolerance { get; init; }

    [RegularExpression(".*[^ ].*"), Description("Who published it and where.")]
    public required string Source { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [RegularExpression("https://[^ ]+"), Description("Address of the source.")]
    public string? Link { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Description("What else must be known: the epoch, the radius, another network.")]
    public string? Note { get; init; }
}
