using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using WebLab.Engine.Attacks;

namespace WebLab.Engine.Catalog;

/// <summary>The one check at the door: walks JSON beside the fields of the options records and collects everything that is wrong.</summary>
public static class Validation
{
    /// <summary>Findings for a JSON object that should become a <paramref name="type"/>; empty when it may be deserialised.</summary>
    public static IReadOnlyList<Finding> Check(JsonNode? node, Type type, string path = "")
    {
        var findings = new List<Finding>();
        Section(node, type, path, findings);
        return findings;
    }

    /// <summary>Rules between properties, over the whole tree of a deserialised record.</summary>
    public static IEnumerable<Finding> Rules(Options options, Func<Options, IEnumerable<Finding>> rule, string path = "")
    {
        foreach (var finding in rule(options)) yield return finding with { Path = Join(path, finding.Path) };
        foreach (var field in Field.Of(options.GetType()).Where(f => f.Shape is FieldShape.Section or FieldShape.Choice))
        {
            var value = field.Property.GetValue(options);
            var items = field.Many ? ((IEnumerable<Options>?)value ?? []).Select((o, i) => (o, $"{field.Name}[{i}]"))
                : value is Options one ? [(one, field.Name)] : [];
            foreach (var (item, name) in items)
                foreach (var finding in Rules(item, rule, Join(path, name)))
                    yield return finding;
        }
    }

    private static void Section(JsonNode? node, Type type, string path, List<Finding> findings, bool kind = false)
    {
        if (node is not JsonObject given)
        {
            findings.Add(new(path, $"wanted an object; got {Describe(node)}"));
            return;
        }

        var fields = Field.Of(type);
        foreach (var (name, _) in given.Where(p => !(kind && p.Key == "kind") && fields.All(f => f.Name != p.Key)))
            findings.Add(new(Join(path, name), "is unknown" + Suggest(name, fields.Select(f => f.Name))));
        foreach (var field in fields)
        {
            var here = Join(path, field.Name);
            if (!given.TryGetPropertyValue(field.Name, out var value))
            {
                if (field.Required) findings.Add(new(here, "is missing"));
            }
            else if (value is null)
            {
                if (!field.Optional) findings.Add(new(here, $"wanted {Wanted(field)}; got null"));
            }
            else if (!field.Many) One(value, field, here, findings);
            else if (value is JsonArray items)
            {
                for (var i = 0; i < items.Count; i++) One(items[i], field, $"{here}[{i}]", findings);
            }
            else findings.Add(new(here, $"wanted a list; got {Describe(value)}"));
        }
    }

    private static void One(JsonNode? node, Field field, string path, List<Finding> findings)
    {
        switch (field.Shape)
        {
            case FieldShape.Section:
                Section(node, field.Type, path, findings);
                break;
            case FieldShape.Choice:
                Choice(node, field.Category!, path, findings);
                break;
            default:
                if (Complaint(node, field) is { } complaint) findings.Add(new(path, complaint));
                break;
        }
    }

    private static void Choice(JsonNode? node, Category category, string path, List<Finding> findings)
    {
        if (node is not JsonObject given || given["kind"] is not JsonValue name || !name.TryGetValue<string>(out var kind))
        {
            findings.Add(new(Join(path, "kind"), $"wanted one of {Listed(category.Entries.Select(e => e.Kind))}"));
            return;
        }

        if (category.Find(kind) is { } entry) Section(node, entry.Type, path, findings, kind: true);
        else findings.Add(new(Join(path, "kind"), $"'{kind}' is unknown{Suggest(kind, category.Entries.Select(e => e.Kind))}; wanted one of {Listed(category.Entries.Select(e => e.Kind))}"));
    }

    /// <summary>What is wrong with a plain value, or null.</summary>
    private static string? Complaint(JsonNode? node, Field field)
    {
        var kind = node?.GetValueKind() ?? JsonValueKind.Null;
        switch (field.Shape)
        {
            case FieldShape.Flag:
                return kind is JsonValueKind.True or JsonValueKind.False ? null : Mismatch();
            case FieldShape.Text:
                if (kind != JsonValueKind.String) return Mismatch();
                return field.Pattern is null || Regex.IsMatch(node!.GetValue<string>(), $"^(?:{field.Pattern})$", RegexOptions.None, TimeSpan.FromSeconds(1))
                    ? null : $"'{node!.GetValue<string>()}' does not read as {field.Pattern}";
            case FieldShape.Word:
                return kind == JsonValueKind.String && field.Words.Contains(node!.GetValue<string>()) ? null
                    : $"wanted one of {Listed(field.Words)}; got {Describe(node)}" + (kind == JsonValueKind.String ? Suggest(node!.GetValue<string>(), field.Words) : "");
            case FieldShape.Budget:
                var text = kind == JsonValueKind.String ? node!.GetValue<string>() : kind == JsonValueKind.Number ? node!.ToJsonString() : null;
                return text is not null && Budget.TryParse(text, out _) ? null : Mismatch();
            default:
                if (kind != JsonValueKind.Number) return Mismatch();
                var number = double.Parse(node!.ToJsonString(), CultureInfo.InvariantCulture);
                if (!double.IsFinite(number) || (field.Shape == FieldShape.Integer && (number != Math.Floor(number) || Math.Abs(number) > int.MaxValue))) return Mismatch();
                return number < field.Minimum || number > field.Maximum ? $"must lie in [{Text(field.Minimum)}, {Text(field.Maximum)}]; got {node!.ToJsonString()}" : null;
        }

        string Mismatch() => $"wanted {Wanted(field)}; got {Describe(node)}";
    }

    private static string Wanted(Field field) => field.Many ? "a list" : field.Shape switch
    {
        FieldShape.Flag => "true or false",
        FieldShape.Integer => "a whole number",
        FieldShape.Number => "a number",
        FieldShape.Text => "a text",
        FieldShape.Budget => "a radius such as \"8/255\"",
        FieldShape.Word => $"one of {Listed(field.Words)}",
        _ => "an object",
    };

    private static string Describe(JsonNode? node)
    {
        var text = node?.ToJsonString() ?? "null";
        return text.Length <= 40 ? text : text[..37] + "...";
    }

    private static string Text(double? bound) => bound?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Listed(IEnumerable<string> words) => string.Join(", ", words);

    private static string Join(string path, string name) => path.Length == 0 ? name : name.Length == 0 ? path : $"{path}.{name}";

    private static string Suggest(string got, IEnumerable<string> known)
    {
        var near = known.Select(k => (Word: k, Far: Distance(got.ToLowerInvariant(), k.ToLowerInvariant()))).OrderBy(p => p.Far).FirstOrDefault();
        return near.Word is not null && near.Far <= 2 ? $"; did you mean '{near.Word}'?" : "";
    }

    /// <summary>Levenshtein's edit distance.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (corner, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
