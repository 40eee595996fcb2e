using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Evaluations;

namespace WebLab.Engine.Inspections;

/// <summary>What <c>request.json</c> of an inspection says.</summary>
public sealed record InspectionRequest : SubjectRequest
{
    [Description("Lenses by name: banks, feature-statistics, attribution-span, masks, feature-attack, loss-surface; empty: every one that fits the network.")]
    public IReadOnlyList<string> Lenses { get; init; } = [];

    [Description("The attack whose images are looked at beside the clean ones.")]
    public AttackOptions Attack { get; init; } = new PgdOptions();

    [Description("Radii at which feature statistics are taken, ascending; 0 is the clean image.")]
    public IReadOnlyList<Budget> Strengths { get; init; } = [.. new[] { 0, 1, 2, 3, 4, 6, 8, 10, 12, 16 }.Select(m => m == 0 ? Budget.Zero : Budget.Of255(m))];

    [Range(1, 1000), Advanced, Unit("steps"), Description("PGD steps at each of these radii, of 2.5 radii together.")]
    public int StrengthSteps { get; init; } = 10;

    [Description("What the lens feature-attack tries; absent: three steps of 1/255 at the ends of the architecture's groups.")]
    public FeatureAttack? Features { get; init; }

    [Range(0, 64), Advanced, Unit("images"), Description("Images that are shown one by one: heat maps, loss surfaces.")]
    public int Examples { get; init; } = 8;

    public override IEnumerable<Finding> Check()
    {
        for (var k = 0; k < Lenses.Count; k++)
            if (Inspections.Lenses.Find(Lenses[k]) is null)
                yield return new($"lenses[{k}]", $"'{Lenses[k]}' is unknown; wanted one of {Inspections.Lenses.Names}");
        if (Strengths.Count is < 3 or > 32) yield return new("strengths", $"wanted 3 to 32 radii; got {Strengths.Count}");
        for (var k = 1; k < Strengths.Count; k++)
            if (Strengths[k].Value <= Strengths[k - 1].Value) yield return new($"strengths[{k}]", $"must be above the one before, {Strengths[k - 1]}; got {Strengths[k]}");
        if (Strengths.Any(s => s.Value > 1)) yield return new("strengths", "must be <= 1, the whole pixel range");
    }
}
