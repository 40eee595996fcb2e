using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Inspections;

/// <summary>An attack on feature maps as <see cref="FeatureLens"/> tries it: ALFA's search, and how much of what it finds counts.</summary>
public sealed record FeatureAttack : Options
{
    /// <summary>The largest strength, either way.</summary>
    public const double Most = 64;

    [Description("Stages whose outputs are attacked, in network order; empty: the ends of the architecture's groups.")]
    public IReadOnlyList<string> Places { get; init; } = [];

    [Range(-Most, Most), Description("For each place what its whole perturbation is multiplied with; empty: what the checkpoint has learned (L-ALFA), else 1.")]
    public IReadOnlyList<double> Strengths { get; init; } = [];

    [Description("Length of one step on the feature map.")]
    public Budget StepSize { get; init; } = Budget.Of255(1);

    [Range(0, 1000), Unit("steps"), Description("Steps of the search on the feature map.")]
    public int Steps { get; init; } = 3;

    [Advanced, Description("Radius of the random start and of the clipping, where these are on.")]
    public Budget Eps { get; init; } = Budget.Of255(2);

    [Advanced, Description("Start at a random point within the radius.")]
    public bool RandomStart { get; init; }

    [Advanced, Description("Keep the perturbation within the radius.")]
    public bool Clip { get; init; }

    internal FeatureAscent Ascent => new(StepSize.Value, Steps, Eps.Value, RandomStart, Clip);

    /// <summary>The attack that a method trains with; null where it attacks no features.</summary>
    public static FeatureAttack? Of(MethodOptions method, ArchitectureOptions model) => method is not FeatureOptions trained ? null : new FeatureAttack
    {
        Places = trained.PlacesIn(model), StepSize = trained.StepSize, Steps = trained.Steps, Eps = trained.Eps, RandomStart = trained.RandomStart, Clip = trained.Clip,
    };

    /// <summary>The attacked stages in a network of this architecture.</summary>
    public IReadOnlyList<string> PlacesIn(ArchitectureOptions model) => Places.Count > 0 ? Places : model.SpreadPlaces();

    /// <summary>What does not fit an architecture; paths are relative to this object.</summary>
    public IEnumerable<Finding> Misfits(ArchitectureOptions model)
    {
        foreach (var finding in FeatureOptions.Misplaced("places", Places, model)) yield return finding;
        if (Strengths.Count > 0 && Strengths.Count != PlacesIn(model).Count)
            yield return new("strengths", $"wanted one for each of the {PlacesIn(model).Count} places, or none; got {Strengths.Count}");
    }
}
