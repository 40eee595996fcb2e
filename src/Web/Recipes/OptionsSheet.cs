using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;
using WebLab.Engine.Recipes;

namespace WebLab.Web.Recipes;

/// <summary>An options record (a recipe, an attack) while it is being written: JSON that may still be wrong, and what is wrong with it.</summary>
public sealed class OptionsSheet
{
    private readonly Type _type;
    private Dictionary<string, List<Finding>> _byPath = [];

    /// <param name="type">The record that the JSON is to become.</param>
    /// <param name="root">Changed in place.</param>
    public OptionsSheet(Type type, JsonObject root)
    {
        (_type, Root) = (type, root);
        Check();
    }

    /// <summary>After every change, once it has been checked.</summary>
    public event Action? Changed;

    public JsonObject Root { get; private set; }

    /// <summary>The record, when nothing is wrong with it.</summary>
    public Options? Value { get; private set; }

    /// <summary>The record, where it is a recipe.</summary>
    public Recipe? Recipe => Value as Recipe;

    public IReadOnlyList<Finding> Errors { get; private set; } = [];

    public IReadOnlyList<Finding> Warnings { get; private set; } = [];

    public string Json => Root.ToJsonString(OptionsJson.Readable);

    public static OptionsSheet Of(Recipe recipe) => new(typeof(Recipe), JsonNode.Parse(RecipeJson.Canonical(recipe))!.AsObject());

    /// <summary>A recipe of the first kind of every table: where a form starts that was given nothing.</summary>
    public static OptionsSheet Plain(string datasetId)
    {
        var root = new JsonObject();
        foreach (var field in Field.Of(typeof(Recipe)).Where(f => f.Required))
            root[field.Name] = field.Shape == FieldShape.Choice ? Fresh(field.Category!, field.Category!.Entries[0].Kind) : new JsonObject { ["id"] = datasetId };
        var read = RecipeJson.Read(root);
        return read.Recipe is { } recipe ? Of(recipe) : new OptionsSheet(typeof(Recipe), root);
    }

    /// <summary>What is wrong (or doubtful) at exactly this path.</summary>
    public IReadOnlyList<Finding> At(string path) => _byPath.GetValueOrDefault(path) ?? [];

    /// <summary>Whether something is wrong at this path or below it.</summary>
    public bool IsWrong(string path) => Errors.Any(e => e.Path.StartsWith(path, StringComparison.Ordinal)
        && (e.Path.Length == path.Length || e.Path[path.Length] is '.' or '['));

    /// <summary>Replaces the whole; false (and no change) when the text is not a JSON object.</summary>
    public bool TryReplace(string json)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject root) return false;
            Root = root;
        }
        catch (JsonException)
        {
            return false;
        }

        Touch();
        return true;
    }

    public void Set(JsonObject owner, string name, JsonNode? value)
    {
        owner[name] = value;
        Touch();
    }

    /// <summary>Takes another kind, with that kind's defaults; options of the same name and shape keep their values.</summary>
    public void Choose(JsonObject owner, Field field, string? kind)
    {
        if (kind is null)
        {
            Set(owner, field.Name, null);
            return;
        }

        var fresh = Fresh(field.Category!, kind);
        if (owner[field.Name] is JsonObject old) Carry(old, fresh);
        Set(owner, field.Name, fresh);
    }

    public void Add(JsonObject owner, Field field, string kind)
    {
        if (owner[field.Name] is not JsonArray list) owner[field.Name] = list = [];
        list.Add(Fresh(field.Category!, kind));
        Touch();
    }

    public void Remove(JsonArray list, int index)
    {
        list.RemoveAt(index);
        Touch();
    }

    /// <summary>The JSON of a typed text: numbers where the field wants numbers, else the text itself, so that the check can complain about it.</summary>
    public static JsonNode? Read(Field field, string? text)
    {
        text = text?.Trim() ?? "";
        if (text.Length == 0 && (field.Optional || field.Many)) return field.Many ? new JsonArray() : null;
        if (field.Many) return new JsonArray([.. text.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries).Select(t => One(field, t))]);
        return One(field, text);
    }

    /// <summary>The text that stands for a value in an input.</summary>
    public static string Text(JsonNode? value) => value switch
    {
        null => "",
        JsonArray list => string.Join(", ", list.Select(Text)),
        _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => value.ToJsonString(),
    };

    private static JsonNode? One(Field field, string text) => field.Shape switch
    {
        FieldShape.Integer when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        FieldShape.Number when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        _ => text,
    };

    /// <summary>A kind with all its defaults.</summary>
    public static JsonObject Fresh(Category category, string kind) =>
        JsonSerializer.SerializeToNode(category.Find(kind)!.Default(), category.Root, OptionsJson.Canonical)!.AsObject();

    private static void Carry(JsonObject old, JsonObject fresh)
    {
        foreach (var (name, value) in old.Where(p => p.Key != "kind" && p.Value is not null).ToList())
            if (fresh.TryGetPropertyValue(name, out var standing) && standing is not null && standing.GetValueKind() == value!.GetValueKind())
                fresh[name] = value.DeepClone();
    }

    private void Touch()
    {
        Check();
        Changed?.Invoke();
    }

    private void Check()
    {
        (Value, Warnings) = (null, []);
        Errors = Validation.Check(Root, _type);
        if (Errors.Count == 0)
        {
            var value = (Options)Root.Deserialize(_type, OptionsJson.Canonical)!;
            Errors = [.. Validation.Rules(value, o => o.Check())];
            Warnings = [.. Validation.Rules(value, o => o.Doubts())];
            if (Errors.Count == 0) Value = value;
        }

        _byPath = Errors.Concat(Warnings).GroupBy(f => f.Path).ToDictionary(g => g.Key, g => g.ToList());
    }
}
