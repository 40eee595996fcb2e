using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;

namespace WebLab.Web.Evaluations;

/// <summary>Attacks in words, from their options.</summary>
public static class AttackWords
{
    /// <summary>Kind and size, such as <c>PGD, 100 steps, 2 restarts</c>.</summary>
    public static string Of(JsonNode? options)
    {
        if (options is not JsonObject attack) return "";
        var title = Kinds.Attacks.Find((string?)attack["kind"] ?? "")?.About.Title ?? (string?)attack["kind"] ?? "";
        return string.Join(", ", new[] { title, Many(attack, "steps", "step"), Many(attack, "queries", "query", "queries"), Many(attack, "targets", "target"), Restarts(attack) }.Where(w => w.Length > 0));
    }

    /// <summary>The norm as it is written in formulas.</summary>
    public static string Norm(string norm) => norm switch { "linf" => "L∞", "l2" => "L2", "l1" => "L1", _ => norm };

    /// <summary>The norm that an attack measures its size in; L2 for those without a radius.</summary>
    public static string NormOf(AttackOptions? attack) => (attack as BudgetedOptions)?.Bound()?.Norm.ToString().ToLowerInvariant() ?? "l2";

    /// <exception cref="JsonException">The attack is none that this program knows.</exception>
    public static IReadOnlyList<AttackOptions> Read(JsonArray battery) => battery.Deserialize<IReadOnlyList<AttackOptions>>(OptionsJson.Canonical)!;

    private static string Restarts(JsonObject attack) => attack["restarts"] is JsonValue value && value.TryGetValue<int>(out var n) && n > 1 ? $"{n} restarts" : "";

    private static string Many(JsonObject attack, string field, string one, string? many = null) => attack[field] is JsonValue value && value.TryGetValue<int>(out var n)
        ? $"{Parts.Format.Count(n)} {(n == 1 ? one : many ?? one + "s")}" : "";
}
