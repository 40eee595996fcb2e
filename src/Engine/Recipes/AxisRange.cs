using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;

namespace WebLab.Engine.Recipes;

/// <summary>The values of one axis of a sweep: a list, or a range of numbers in the way its field writes them.</summary>
internal sealed class AxisRange
{
    private const int MostSteps = 64;

    // Four significant digits: what people write, and far finer than a sweep can tell apart.
    private const int Digits = 4;

    private readonly double _low;
    private readonly double _high;
    private readonly SweepScale _scale;
    private readonly FieldShape _shape;
    private readonly bool _in255;

    private AxisRange(IReadOnlyList<JsonNode?> values) => Steps = values;

    private AxisRange(double low, double high, SweepScale scale, FieldShape shape, bool in255, int count)
    {
        (_low, _high, _scale, _shape, _in255) = (low, high, scale, shape, in255);
        var steps = Enumerable.Range(0, count).Select(i => Written(At((double)i / Math.Max(1, count - 1))));
        Steps = [.. steps.DistinctBy(v => v!.ToJsonString())];
        IsRange = true;
    }

    /// <summary>Values in a grid; whole numbers that round to the same stand once.</summary>
    public IReadOnlyList<JsonNode?> Steps { get; }

    private bool IsRange { get; }

    public static AxisRange Of(SweepAxis axis, int number, JsonObject recipe, SweepKind kind, List<Finding> errors)
    {
        var before = errors.Count;
        void Wrong(string field, string message) => errors.Add(new Finding($"axes[{number}].{field}", message));

        if (axis.Values is { } values)
        {
            if (values.Count is 0 or > MostSteps) Wrong("values", $"wanted 1 to {MostSteps} values; got {values.Count}");
            if (axis.Low is not null || axis.High is not null) Wrong("values", "stand beside a range; leave out either");
            foreach (var twice in values.GroupBy(v => v?.ToJsonString() ?? "null").Where(g => g.Count() > 1)) Wrong("values", $"name {twice.Key} twice");
            if (RecipeFields.Set(recipe.DeepClone().AsObject(), axis.Path, values.FirstOrDefault()) is { } lost) Wrong("path", lost);
            return new AxisRange(values);
        }

        var field = RecipeFields.Of(recipe).FirstOrDefault(f => f.Path == axis.Path)?.Field;
        if (field is null) Wrong("path", RecipeFields.Set(recipe.DeepClone().AsObject(), axis.Path, null) ?? "a range wants a field of numbers; list values instead");
        else if (field.Many || field.Shape is not (FieldShape.Integer or FieldShape.Number or FieldShape.Budget)) Wrong("path", $"'{axis.Path}' holds no number; list its values instead of a range");
        var (low, high) = (End(axis.Low, field), End(axis.High, field));
        if (low is null) Wrong("low", $"wanted {Wanted(field)}; got {axis.Low?.ToJsonString() ?? "nothing"}");
        if (high is null) Wrong("high", $"wanted {Wanted(field)}; got {axis.High?.ToJsonString() ?? "nothing"}");
        if (low >= high) Wrong("high", $"must be above the low end {axis.Low!.ToJsonString()}; got {axis.High!.ToJsonString()}");
        if (axis.Scale == SweepScale.Log && low <= 0) Wrong("low", $"must be above 0 on a logarithmic scale; got {axis.Low!.ToJsonString()}");
        if (kind == SweepKind.Grid && axis.Count is not (>= 2 and <= MostSteps)) Wrong("count", $"wanted 2 to {MostSteps} values of the range; got {axis.Count?.ToString(CultureInfo.InvariantCulture) ?? "nothing"}");
        if (errors.Count > before) return new AxisRange([]);
        return new AxisRange(low!.Value, high!.Value, axis.Scale, field!.Shape, In255(axis.Low) && In255(axis.High), kind == SweepKind.Grid ? axis.Count!.Value : 2);
    }

    /// <summary>One value by chance: of a list each alike, of a range by its scale.</summary>
    public JsonNode? Draw(Chance chance)
    {
        if (!IsRange) return Steps[chance.Integer(0, Steps.Count)];
        var u = chance.Uniform();
        // Both ends as often as the whole numbers between them.
        if (_shape == FieldShape.Integer && _scale == SweepScale.Linear) return Written(Math.Floor(_low + u * (_high - _low + 1)));
        return Written(At(u));
    }

    private double At(double share) => _scale == SweepScale.Log ? _low * Math.Pow(_high / _low, share) : _low + (_high - _low) * share;

    private JsonNode? Written(double value)
    {
        if (_shape == FieldShape.Integer) return JsonValue.Create((long)Math.Clamp(Math.Round(value), _low, _high));
        var unit = _in255 ? 255.0 : 1.0;
        var number = Math.Clamp(Rounded(value * unit), _low * unit, _high * unit);
        if (_shape == FieldShape.Number) return JsonValue.Create(number);
        // The ends of a range in 255ths are not quite whole after the division.
        return JsonValue.Create(string.Create(CultureInfo.InvariantCulture, $"{Rounded(number)}") + (_in255 ? "/255" : ""));
    }

    private static double Rounded(double value) => double.Parse(value.ToString($"G{Digits}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static double? End(JsonNode? end, Field? field) => end?.GetValueKind() switch
    {
        JsonValueKind.Number when double.Parse(end.ToJsonString(), CultureInfo.InvariantCulture) is var number && double.IsFinite(number)
            && (field?.Shape != FieldShape.Integer || number == Math.Floor(number)) => number,
        JsonValueKind.String when field?.Shape == FieldShape.Budget && Budget.TryParse((string?)end, out var radius) => radius.Value,
        _ => null,
    };

    private static bool In255(JsonNode? end) => end?.GetValueKind() == JsonValueKind.String && ((string?)end)!.Trim().EndsWith("/255", StringComparison.Ordinal);

    private static string Wanted(Field? field) => field?.Shape switch { FieldShape.Integer => "a whole number", FieldShape.Budget => "a radius such as \"2/255\"", _ => "a number" };
}
