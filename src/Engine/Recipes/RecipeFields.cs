using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using WebLab.Engine.Catalog;

namespace WebLab.Engine.Recipes;

/// <summary>A field of one recipe, by its path, such as <c>method.attack.eps</c> or <c>data.augment[0].pad</c>.</summary>
/// <param name="Path">As findings name it.</param>
/// <param name="Field">What the catalog says of it.</param>
/// <param name="Value">What the recipe holds there.</param>
public sealed record RecipeField(string Path, Field Field, JsonNode? Value);

/// <summary>Finds and sets fields of a recipe's JSON by path, as the kinds that it chose allow.</summary>
public static partial class RecipeFields
{
    /// <summary>Every field that can be set by itself, in the order of the form; a choice stands before the options of its kind.</summary>
    public static IReadOnlyList<RecipeField> Of(JsonObject recipe) => [.. Walk(recipe, typeof(Recipe), "")];

    /// <summary>Sets a field. A word given for a choice takes that kind; what its options share with those of the old kind by name and shape is carried over. Words in a list of choices take kinds with their defaults.</summary>
    /// <param name="recipe">Canonical JSON of a recipe; changed in place.</param>
    /// <param name="path">Where.</param>
    /// <param name="value">What; it is checked when the whole recipe is.</param>
    /// <returns>Null, or what is wrong with the path.</returns>
    public static string? Set(JsonObject recipe, string path, JsonNode? value)
    {
        var (owner, type, parts) = (recipe, typeof(Recipe), path.Split('.'));
        for (var i = 0; i < parts.Length; i++)
        {
            if (Segment().Match(parts[i]) is not { Success: true } segment) return $"'{parts[i]}' is no field; write a path such as optimizer.lr";
            var (name, index) = (segment.Groups[1].Value, segment.Groups[2]);
            if (Field.Of(type).FirstOrDefault(f => f.Name == name) is not { } field)
                return $"the recipe has no field '{string.Join('.', parts.Take(i + 1))}'; here it has {string.Join(", ", Field.Of(type).Select(f => f.Name))}";
            var last = i == parts.Length - 1 || (i == parts.Length - 2 && parts[^1] == "kind" && field.Shape == FieldShape.Choice);
            JsonArray? list = null;
            var at = 0;
            if (index.Success)
            {
                at = int.Parse(index.Value, CultureInfo.InvariantCulture);
                list = owner[name] as JsonArray;
                if (list is null || at >= list.Count) return $"'{string.Join('.', parts.Take(i + 1))}' is not in the list, which has {list?.Count ?? 0} entries";
            }

            var standing = list is not null ? list[at] : owner[name];
            if (last)
            {
                var fresh = field.Shape != FieldShape.Choice ? value?.DeepClone() : value is JsonArray many ? new JsonArray([.. many.Select(v => Chosen(field.Category!, v, null))]) : Chosen(field.Category!, value, standing as JsonObject);
                if (list is not null) list[at] = fresh;
                else owner[name] = fresh;
                return null;
            }

            if (standing is not JsonObject next || Options(field, next) is not { } options) return $"'{string.Join('.', parts.Take(i + 1))}' has no fields here";
            (owner, type) = (next, options);
        }

        return "names no field";
    }

    private static IEnumerable<RecipeField> Walk(JsonObject owner, Type type, string path)
    {
        foreach (var field in Field.Of(type))
        {
            var here = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
            var value = owner[field.Name];
            if (field.Shape != FieldShape.Section) yield return new RecipeField(here, field, value);
            var items = field.Many ? ((value as JsonArray) ?? []).Select((n, i) => (Node: n as JsonObject, Path: $"{here}[{i}]")) : [(value as JsonObject, here)];
            foreach (var (node, at) in items)
                if (node is not null && Options(field, node) is { } options)
                    foreach (var inner in Walk(node, options, at)) yield return inner;
        }
    }

    private static Type? Options(Field field, JsonObject value) => field.Shape switch
    {
        FieldShape.Section => field.Type,
        FieldShape.Choice => value["kind"] is JsonValue kind && kind.TryGetValue<string>(out var word) ? field.Category!.Find(word)?.Type : null,
        _ => null,
    };

    private static JsonNode? Chosen(Category category, JsonNode? value, JsonObject? old)
    {
        if (value is not JsonValue word || !word.TryGetValue<string>(out var kind)) return value?.DeepClone();
        var fresh = new JsonObject { ["kind"] = kind };
        if (old is null || category.Find(kind) is not { } entry || category.Find((string?)old["kind"] ?? "") is not { } before) return fresh;
        var shared = from was in Field.Of(before.Type)
                     join now in Field.Of(entry.Type) on (was.Name, was.Shape, was.Many) equals (now.Name, now.Shape, now.Many)
                     where old[was.Name] is not null
                     select was.Name;
        foreach (var name in shared) fresh[name] = old[name]!.DeepClone();
        return fresh;
    }

    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9]*)(?:\[([0-9]{1,3})\])?$")]
    private static partial Regex Segment();
}
