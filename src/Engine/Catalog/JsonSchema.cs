using System.Text.Json;
using System.Text.Json.Nodes;

namespace WebLab.Engine.Catalog;

/// <summary>JSON Schema (2020-12) of options records, made from the same fields that validation walks.</summary>
public static class JsonSchema
{
    public static JsonObject Of(Type options)
    {
        var schema = Section(options, []);
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        return schema;
    }

    /// <summary>Schema of one kind of a category, <c>kind</c> included.</summary>
    public static JsonObject Of(Entry entry) => Of(entry, []);

    // within: the kinds that this one stands in. None stands in itself, however deep.
    private static JsonObject Of(Entry entry, Type[] within)
    {
        var schema = Section(entry.Type, [.. within, entry.Type]);
        schema.Insert(0, "title", entry.About.Title);
        schema.Insert(1, "description", entry.About.Summary);
        schema["properties"]!.AsObject().Insert(0, "kind", new JsonObject { ["const"] = entry.Kind });
        var required = schema["required"] as JsonArray ?? [];
        required.Insert(0, "kind");
        schema["required"] = required;
        return schema;
    }

    private static JsonObject Section(Type options, Type[] within)
    {
        var fresh = Activator.CreateInstance(options)!;
        var properties = new JsonObject();
        foreach (var field in Field.Of(options)) properties[field.Name] = Described(field, fresh, within);
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        var required = Field.Of(options).Where(f => f.Required).Select(f => (JsonNode)f.Name).ToArray();
        if (required.Length > 0) schema["required"] = new JsonArray(required);
        return schema;
    }

    private static JsonObject Described(Field field, object fresh, Type[] within)
    {
        var value = field.Shape switch
        {
            FieldShape.Section => Section(field.Type, within),
            FieldShape.Choice => new JsonObject { ["oneOf"] = new JsonArray([.. field.Category!.Entries.Where(e => !within.Contains(e.Type)).Select(e => Of(e, within))]) },
            _ => Plain(field),
        };
        if (field.Many) value = new JsonObject { ["type"] = "array", ["items"] = value };
        if (field.Optional) value = new JsonObject { ["anyOf"] = new JsonArray(value, new JsonObject { ["type"] = "null" }) };
        value["title"] = field.Title;
        if (field.Description.Length > 0) value["description"] = field.Description;
        if (field.Unit.Length > 0) value["x-unit"] = field.Unit;
        if (field.Advanced) value["x-advanced"] = true;
        if (!field.Required) value["default"] = JsonSerializer.SerializeToNode(field.DefaultOf(fresh), field.Property.PropertyType, OptionsJson.Canonical);
        return value;
    }

    private static JsonObject Plain(Field field)
    {
        var value = new JsonObject
        {
            ["type"] = field.Shape switch
            {
                FieldShape.Flag => "boolean",
                FieldShape.Integer => "integer",
                FieldShape.Number => "number",
                _ => "string",
            },
        };
        if (field.Shape == FieldShape.Budget) value["format"] = "radius";
        if (field.Shape == FieldShape.Word) value["enum"] = new JsonArray([.. field.Words.Select(w => (JsonNode)w)]);
        if (field.Minimum is { } minimum) value["minimum"] = minimum;
        if (field.Maximum is { } maximum) value["maximum"] = maximum;
        if (field.Pattern is { } pattern) value["pattern"] = $"^(?:{pattern})$";
        return value;
    }
}
