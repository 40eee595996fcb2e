using System.Globalization;
using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;
using WebLab.Engine.Recipes;
using WebLab.Web.Recipes;

namespace WebLab.Web.Sweeps;

/// <summary>One axis of a sweep while it is being written.</summary>
public sealed record AxisDraft
{
    /// <summary>Of the field that varies.</summary>
    public string Path { get; set; } = "";

    /// <summary>A range instead of a list.</summary>
    public bool Range { get; set; }

    /// <summary>The list as it was typed, between commas.</summary>
    public string Values { get; set; } = "";

    public string Low { get; set; } = "";

    public string High { get; set; } = "";

    public bool Log { get; set; }

    public string Count { get; set; } = "3";

    /// <summary>Fields of a recipe that can be swept in a form: single values that change the run.</summary>
    public static IReadOnlyList<RecipeField> Fields(JsonObject recipe) =>
        [.. RecipeFields.Of(recipe).Where(f => !f.Field.Many && f.Path is not ("version" or "name" or "notes" or "quoted" or "seed" or "device" or "data.version"))];

    /// <summary>The words that a field chooses from; null for fields that are typed.</summary>
    public static IReadOnlyList<(string Value, string Title)>? Words(Field field) => field.Shape switch
    {
        FieldShape.Flag => [("true", "yes"), ("false", "no")],
        FieldShape.Word => [.. field.Words.Select(w => (w, w))],
        FieldShape.Choice => [.. field.Category!.Entries.Select(e => (e.Kind, e.About.Title))],
        _ => null,
    };

    /// <summary>Begins an axis at what the recipe holds.</summary>
    public static AxisDraft At(RecipeField field)
    {
        var now = field.Field.Shape == FieldShape.Choice ? (string?)field.Value?["kind"] ?? "" : OptionsSheet.Text(field.Value);
        return new AxisDraft { Path = field.Path, Values = now, Low = now, High = now };
    }

    public SweepAxis ToAxis(Field? field) => Range
        ? new SweepAxis(Path, null, One(field, Low), One(field, High), Log ? SweepScale.Log : SweepScale.Linear, int.TryParse(Count, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null)
        : new SweepAxis(Path, [.. Values.Split([',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(v => One(field, v))]);

    public IReadOnlyList<string> Listed() => Values.Split([',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Takes a word into the list, or out of it.</summary>
    public void Toggle(string word) => Values = string.Join(", ", Listed().Contains(word) ? Listed().Where(w => w != word) : Listed().Append(word));

    private static JsonNode? One(Field? field, string text) => text.Trim() switch
    {
        "" => null,
        "none" when field?.Optional == true => null,
        "true" when field?.Shape == FieldShape.Flag => true,
        "false" when field?.Shape == FieldShape.Flag => false,
        var word when field is not null => OptionsSheet.Read(field, word),
        var word => word,
    };
}
