using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Recipes;

/// <summary>How the points of a sweep are chosen.</summary>
public enum SweepKind
{
    /// <summary>Every combination of the values of all axes.</summary>
    Grid,

    /// <summary>So many points, each axis drawn by itself.</summary>
    Random,
}

/// <summary>How a range is walked.</summary>
public enum SweepScale
{
    /// <summary>Equal differences.</summary>
    Linear,

    /// <summary>Equal quotients; both ends above 0.</summary>
    Log,
}

/// <summary>One field that a sweep varies: either a list of values or a range.</summary>
/// <param name="Path">Field of the recipe, such as <c>optimizer.lr</c> or <c>method.attack.eps</c>; a choice such as <c>method</c> takes names of kinds.</param>
/// <param name="Values">The values; absent: a range.</param>
/// <param name="Low">Lower end of the range; radii as they are written, such as <c>"2/255"</c>.</param>
/// <param name="High">Upper end, included.</param>
/// <param name="Scale">How the range is walked.</param>
/// <param name="Count">Values of the range in a grid, 2 to 64; a random sweep has no use for it.</param>
public sealed record SweepAxis(string Path, IReadOnlyList<JsonNode?>? Values = null, JsonNode? Low = null, JsonNode? High = null, SweepScale Scale = SweepScale.Linear, int? Count = null);

/// <summary>One point of a sweep.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Values">One for each axis.</param>
/// <param name="Json">The recipe at this point, as it was written.</param>
/// <param name="Recipe">The recipe, where nothing is wrong with it.</param>
/// <param name="Errors">What is wrong with it.</param>
public sealed record SweepPoint(int Number, IReadOnlyList<JsonNode?> Values, JsonObject Json, Recipe? Recipe, IReadOnlyList<Finding> Errors);

/// <summary>What a plan makes of a recipe. Errors name a field of the plan, or a point and its field: <c>points[3].optimizer.lr</c>.</summary>
public sealed record SweepExpansion(IReadOnlyList<SweepPoint> Points, IReadOnlyList<Finding> Errors);

/// <summary>Which points of the space of recipes are tried. Equal plans give equal points, whatever the machine.</summary>
/// <param name="Kind">Grid or random.</param>
/// <param name="Axes">What varies, 1 to 8 fields.</param>
/// <param name="Points">How many, for a random sweep: 1 to 256.</param>
/// <param name="Seed">Of the draws of a random sweep.</param>
public sealed record SweepPlan(SweepKind Kind, IReadOnlyList<SweepAxis> Axes, int Points = 0, int Seed = 0)
{
    /// <summary>Most fields that may vary.</summary>
    public const int MaxAxes = 8;

    /// <summary>Most points of a sweep.</summary>
    public const int MaxPoints = 256;

    private static readonly HashSet<string> Fixed = ["version", "name", "notes", "quoted"];

    /// <summary>All points in order. Grid: the last axis moves fastest. Random: a plan for more points begins with the same ones, and another axis does not change the draws of this one.</summary>
    /// <param name="recipe">The recipe that stands where no axis says otherwise.</param>
    public SweepExpansion Expand(JsonNode? recipe)
    {
        var stem = RecipeJson.Read(recipe);
        var errors = stem.Errors.Select(e => new Finding(e.Path.Length == 0 ? "recipe" : $"recipe.{e.Path}", e.Message)).Concat(Wrong()).ToList();
        if (errors.Count > 0) return new SweepExpansion([], errors);
        var whole = JsonNode.Parse(RecipeJson.Canonical(stem.Recipe!))!.AsObject();
        var ranges = Axes.Select((axis, i) => AxisRange.Of(axis, i, whole, Kind, errors)).ToList();
        if (errors.Count > 0) return new SweepExpansion([], errors);

        var points = (Kind == SweepKind.Grid ? Product(ranges) : Draws(ranges)).Select((values, number) => Point(number, values, whole)).ToList();
        return new SweepExpansion(points, [.. points.SelectMany(p => p.Errors.Select(e => new Finding($"points[{p.Number}].{e.Path}", e.Message)))]);
    }

    private SweepPoint Point(int number, IReadOnlyList<JsonNode?> values, JsonObject whole)
    {
        var json = whole.DeepClone().AsObject();
        var errors = new List<Finding>();
        for (var i = 0; i < Axes.Count; i++)
            if (RecipeFields.Set(json, Axes[i].Path, values[i]) is { } wrong) errors.Add(new Finding(Axes[i].Path, wrong));
        if (errors.Count > 0) return new SweepPoint(number, values, json, null, errors);
        var read = RecipeJson.Read(json);
        return new SweepPoint(number, values, json, read.Recipe, read.Errors);
    }

    private IEnumerable<Finding> Wrong()
    {
        if (Axes.Count is 0 or > MaxAxes) yield return new Finding("axes", $"wanted 1 to {MaxAxes} fields to vary; got {Axes.Count}");
        for (var i = 0; i < Axes.Count; i++)
        {
            if (Axes[i].Path == "seed") yield return new Finding($"axes[{i}].path", "a seed is no setting; give the sweep several seeds instead, and every point gets a run for each");
            else if (Fixed.Contains(Axes[i].Path)) yield return new Finding($"axes[{i}].path", $"'{Axes[i].Path}' changes nothing about a run");
            if (Axes.Take(i).Any(a => a.Path == Axes[i].Path)) yield return new Finding($"axes[{i}].path", $"names '{Axes[i].Path}' twice");
        }

        if (Kind == SweepKind.Random && Points is < 1 or > MaxPoints) yield return new Finding("points", $"wanted 1 to {MaxPoints}; got {Points}");
        if (Seed < 0) yield return new Finding("seed", $"must be 0 or more; got {Seed}");
        if (Kind != SweepKind.Grid) yield break;
        var size = Axes.Aggregate(1L, (n, a) => Math.Min(n * Math.Max(1, a.Values?.Count ?? a.Count ?? 1), int.MaxValue));
        if (size > MaxPoints) yield return new Finding("axes", $"make {size} points; at most {MaxPoints} are taken, so name fewer values or draw them at random");
    }

    private static IEnumerable<IReadOnlyList<JsonNode?>> Product(IReadOnlyList<AxisRange> axes) => axes.Aggregate(
        (IEnumerable<IReadOnlyList<JsonNode?>>)[[]], (heads, axis) => heads.SelectMany(_ => axis.Steps, (head, value) => (IReadOnlyList<JsonNode?>)[.. head, value]));

    // One stream for each path, the point is the sample: the place of an axis in the list does not matter.
    private IEnumerable<IReadOnlyList<JsonNode?>> Draws(IReadOnlyList<AxisRange> axes)
    {
        var rng = new Random.Rng((ulong)Seed);
        for (var point = 0; point < Points; point++)
        {
            var number = point;
            yield return [.. axes.Select((axis, i) => axis.Draw(rng.Chance($"sweep {Axes[i].Path}", number)))];
        }
    }
}
