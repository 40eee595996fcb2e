using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;

namespace WebLab.Engine.Methods;

/// <summary>Which passes of a feature method move the running statistics.</summary>
public enum BnUpdate
{
    /// <summary>Every pass that normalises by batch statistics, as in the released code.</summary>
    All,

    /// <summary>Only the clean pass; inference sees only clean features.</summary>
    CleanOnly,
}

/// <summary>How batch norm normalises while a feature map is attacked.</summary>
public enum FeatureStats
{
    /// <summary>By the batch, as in the released code.</summary>
    Batch,

    /// <summary>By the running statistics.</summary>
    Running,
}

/// <summary>The passes that a step of a feature method takes.</summary>
public enum FeaturePasses
{
    /// <summary>One clean pass gives every attacked map and, where starts are not random, the first gradient of every attack.</summary>
    Cheap,

    /// <summary>The released order: a pass up to each place, attacks, passes of attacked maps, the clean pass.</summary>
    Faithful,
}

/// <summary>Options of a method that attacks feature maps inside the network.</summary>
public abstract record FeatureOptions : MethodOptions
{
    [Description("Stages whose outputs are attacked, in network order, each alone; empty: those of the paper for the architecture.")]
    public IReadOnlyList<string> Locations { get; init; } = [];

    [Range(1, 1000), Unit("places"), Advanced, Description("Attack only so many of the places in each step, drawn at random; absent: all.")]
    public int? LocationsPerStep { get; init; }

    [Description("Length of one step on the feature map, such as \"0.5/255\".")]
    public Budget StepSize { get; init; } = Budget.Parse("0.5/255");

    [Range(0, 1000), Unit("steps"), Description("Steps of the attack on the feature map; the perturbation is at most steps times stepSize.")]
    public int Steps { get; init; } = 5;

    [Advanced, Description("Radius of the random start and of the clipping, where these are on.")]
    public Budget Eps { get; init; } = Budget.Of255(2);

    [Advanced, Description("Start at a random point within the radius.")]
    public bool RandomStart { get; init; }

    [Advanced, Description("Keep the perturbation within the radius.")]
    public bool Clip { get; init; }

    [Range(0.0, 1.0), Advanced, Description("Share of the attacked loss; the clean one has the rest.")]
    public double Share { get; init; } = 0.5;

    [Advanced, Description("cheap: one clean pass serves all places and the first attack step; faithful: the passes of the released code, in its order. With bnStats batch, perturbations and gradients are the same; with bnUpdate all, running statistics differ.")]
    public FeaturePasses Passes { get; init; } = FeaturePasses.Cheap;

    [Advanced, Description("Batch norm inside the attack: batch or running statistics. With running ones no pass of the attack moves them, and its first step is not free.")]
    public FeatureStats BnStats { get; init; } = FeatureStats.Batch;

    [Advanced, Description("Which passes move batch norm's running statistics: clean-only, or all as in the released code.")]
    public BnUpdate BnUpdate { get; init; } = BnUpdate.CleanOnly;

    [Advanced, Description("Let the attacked loss train only what lies behind its place, as in the released code; off: everything.")]
    public bool DetachPrefix { get; init; } = true;

    // Left out where off: recipes from before there was a choice keep their hash.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [Advanced, Description("Ablation: attacked feature maps pass through a second batch-norm bank, as attacked images do in AdvProp; neither the paper nor its code has one. The first attack step is not free then.")]
    public bool AuxBank { get; init; }

    public override int BanksNeeded() => AuxBank ? 2 : 1;

    public override Softness TakesLabels() => Softness.Smoothed;

    /// <summary>The clean pass is the first of the attack: both normalise alike and start at the same point.</summary>
    internal bool FirstIsFree => BnStats == FeatureStats.Batch && !RandomStart && !AuxBank && Steps > 0;

    /// <summary>The search on a feature map.</summary>
    internal FeatureAscent Ascent => new(StepSize.Value, Steps, Eps.Value, RandomStart, Clip);

    /// <summary>The clean pass; for each place the attack and a pass to learn through what lies behind it, and in the released order a pass up to it.</summary>
    public override Effort Effort(ArchitectureOptions model)
    {
        var places = PlacesIn(model);
        var free = Passes == FeaturePasses.Cheap && FirstIsFree ? 1 : 0;
        var sum = places.Select(model.ShareBehind).Aggregate(new Effort(), (all, share) =>
            all + (new Effort(Climb: Steps - free, Learn: 1) * share) + new Effort(Look: Passes == FeaturePasses.Faithful ? 1 - share : 0));
        return new Effort(Learn: 1) + (sum * ((double)(LocationsPerStep ?? places.Count) / places.Count));
    }

    /// <summary>The attacked stages in a network of this architecture.</summary>
    public IReadOnlyList<string> PlacesIn(ArchitectureOptions model) => Locations.Count > 0 ? Locations : OwnPlaces(model);

    /// <summary>The places of the paper, or by analogy.</summary>
    protected abstract IReadOnlyList<string> OwnPlaces(ArchitectureOptions model);

    public override IEnumerable<Finding> Misfits(ArchitectureOptions model, int epochs)
    {
        foreach (var finding in base.Misfits(model, epochs)) yield return finding;
        foreach (var finding in Misplaced("locations", Locations, model)) yield return finding;
        if (LocationsPerStep > PlacesIn(model).Count)
            yield return new("locationsPerStep", $"must be at most the number of places, {PlacesIn(model).Count}; got {LocationsPerStep}");
    }

    /// <summary>What is wrong with a list of attacked stages.</summary>
    /// <param name="field">Its name.</param>
    /// <param name="places">Stages.</param>
    /// <param name="model">Where they should be.</param>
    internal static IEnumerable<Finding> Misplaced(string field, IReadOnlyList<string> places, ArchitectureOptions model)
    {
        var (known, before) = (model.Places().ToList(), -1);
        for (var k = 0; k < places.Count; k++)
        {
            var at = known.IndexOf(places[k]);
            if (at < 0)
                yield return new($"{field}[{k}]", $"'{Kinds.Architectures.KindOf(model)}' has no stage '{places[k]}'; it has {string.Join(", ", known)}");
            else if (at <= before)
                yield return new($"{field}[{k}]", $"'{places[k]}' must stand behind '{known[before]}': stages in network order, none twice");
            before = Math.Max(at, before);
        }
    }
}
