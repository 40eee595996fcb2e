using System.Globalization;
using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;
using WebLab.Engine.Recipes;
using WebLab.Web.Recipes;

namespace WebLab.Web.Sweeps;

/// <summary>One axis of a sweep while it is being written.</summary>
public sealed record AxisDraft
{
    private const string Nothing = "none";

    private const StringSplitOptions Parts = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    /// <summary>Of the field that varies.</summary>
    public string Path { get; set; } = "";

    /// <summary>A range instead of a list.</summary>
    public bool Range { get; set; }

    /// <summary>The list as it was typed, between commas; lists of a field that holds one, between semicolons.</summary>
    public string Values { get; set; } = "";

    public string Low { get; set; } = "";

    public string High { get; set; } = "";

    public bool Log { get; set; }

    public string Count { get; set; } = "3";

    /// <summary>Fields of a recipe that can be swept in a form: those that change the run.</summary>
    public static IReadOnlyList<RecipeField> Fields(JsonObject recipe) =>
        [.. RecipeFields.Of(recipe).Where(f => f.Path is not ("version" or "name" or "notes" or "quoted" or "seed" or "device" or "data.version"))];

    /// <summary>The words that a field chooses from; null for fields that are typed.</summary>
    public static IReadOnlyList<(string Value, string Title)>? Words(Field field) => field.Many ? null : field.Shape switch
    {
        FieldShape.Flag => [("true", "yes"), ("false", "no")],
        FieldShape.Word => [.. field.Words.Select(w => (w, w))],
        FieldShape.Choice => [.. field.Category!.Entries.Select(e => (e.Kind, e.About.Title))],
        _ => null,
    };

    /// <summary>Begins an axis at what the recipe holds.</summary>
    public static AxisDraft At(RecipeField field)
    {
        var now = Now(field);
        return new AxisDraft { Path = field.Path, Values = now, Low = now, High = now };
    }

    /// <summary>What the recipe holds there, as it is typed.</summary>
    public static string Now(RecipeField field) => field.Value switch
    {
        JsonArray { Count: 0 } => Nothing,
        JsonArray list when field.Field.Shape == FieldShape.Choice => string.Join(", ", list.Select(v => (string?)v?["kind"])),
        { } value when field.Field.Shape == FieldShape.Choice => (string?)value["kind"] ?? "",
        var value => OptionsSheet.Text(value),
    };

    public SweepAxis ToAxis(Field? field) => Range
        ? new SweepAxis(Path, null, One(field, Low), One(field, High), Log ? SweepScale.Log : SweepScale.Linear, int.TryParse(Count, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null)
        : new SweepAxis(Path, [.. (field?.Many == true ? Values.Split(';', Parts) : Listed()).Select(v => One(field, v))]);

    public IReadOnlyList<string> Listed() => Values.Split([',', ';'], Parts);

    /// <summary>Takes a word into the list, or out of it.</summary>
    public void Toggle(string word) => Values = string.Join(", ", Listed().Contains(word) ? Listed().Where(w => w != word) : Listed().Append(word));

    private static JsonNode? One(Field? field, string text) => text.Trim() switch
    {
        "" => null,
        Nothing when field?.Many == true => new JsonArray(),
        Nothing when field?.Optional == true => null,
        "true" when field?.Shape == FieldShape.Flag => true,
        "false" when field?.Shape == FieldShape.Flag => false,
        var word when field is not null => OptionsSheet.Read(field, word),
        var word => word,
    };
}
