using System.Text.Json.Nodes;

namespace WebLab.Engine.Recipes;

/// <summary>A field in which two recipes differ.</summary>
/// <param name="Path">As findings name it, such as <c>method.attack.eps</c>.</param>
/// <param name="Old">What the first holds; null: nothing, or an explicit null.</param>
/// <param name="New">What the second holds.</param>
public sealed record FieldChange(string Path, JsonNode? Old, JsonNode? New);

/// <summary>Says in which fields two recipes differ.</summary>
public static class RecipeDiff
{
    // What says nothing about the run.
    private static readonly HashSet<string> Words = ["name", "notes", "quoted", "version"];

    /// <summary>Fields that differ, in the order of the first. Defaults count as written, so that leaving a field out or writing its default is the same.</summary>
    /// <param name="old">A recipe; one that cannot be read is compared as it stands.</param>
    /// <param name="fresh">Another.</param>
    public static IReadOnlyList<FieldChange> Between(JsonNode? old, JsonNode? fresh)
    {
        var changes = new List<FieldChange>();
        Compare(Whole(old), Whole(fresh), "", changes);
        return changes;
    }

    private static JsonNode? Whole(JsonNode? recipe) => RecipeJson.Read(recipe).Recipe is { } sound ? JsonNode.Parse(RecipeJson.Canonical(sound)) : recipe;

    private static void Compare(JsonNode? old, JsonNode? fresh, string path, List<FieldChange> changes)
    {
        if (JsonNode.DeepEquals(old, fresh)) return;
        if (old is JsonObject a && fresh is JsonObject b)
        {
            var names = a.Select(p => p.Key).Concat(b.Select(p => p.Key).Where(k => !a.ContainsKey(k))).Where(k => path.Length > 0 || !Words.Contains(k));
            // Another kind has other options: its old ones are gone with it, and only those that both have are told apart.
            var other = (string?)a["kind"] != (string?)b["kind"];
            foreach (var name in names.Where(n => n == "kind" || !other || (a.ContainsKey(n) && b.ContainsKey(n))))
                Compare(a[name], b[name], path.Length == 0 ? name : $"{path}.{name}", changes);
        }
        else if (old is JsonArray x && fresh is JsonArray y && x.Count == y.Count && x.Concat(y).All(i => i is JsonObject))
        {
            for (var i = 0; i < x.Count; i++) Compare(x[i], y[i], $"{path}[{i}]", changes);
        }
        else
        {
            changes.Add(new FieldChange(path, old?.DeepClone(), fresh?.DeepClone()));
        }
    }
}
