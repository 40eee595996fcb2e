using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace WebLab.Engine.Catalog;

/// <summary>Options records to and from JSON: camelCase, enums as words, every choice an object with its <c>kind</c> first.</summary>
public static class OptionsJson
{
    /// <summary>All fields written, in the order of declaration, no spaces: the form that is hashed.</summary>
    public static readonly JsonSerializerOptions Canonical = Make(indented: false);

    /// <summary>The same, for people.</summary>
    public static readonly JsonSerializerOptions Readable = Make(indented: true);

    private static JsonSerializerOptions Make(bool indented)
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            WriteIndented = indented,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false), new ChoiceConverterFactory() },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class ChoiceConverterFactory : JsonConverterFactory
    {
        public override bool CanConvert(Type type) => Kinds.Of(type) is not null;

        public override JsonConverter CreateConverter(Type type, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(typeof(ChoiceConverter<>).MakeGenericType(type), Kinds.Of(type))!;
    }

    private sealed class ChoiceConverter<T>(Category category) : JsonConverter<T>
        where T : Options
    {
        public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            if (JsonNode.Parse(ref reader) is not JsonObject node) throw new JsonException($"{category.Title}: wanted an object with a \"kind\"");
            var kind = (string?)node["kind"];
            var entry = category.Find(kind ?? "") ?? throw new JsonException($"{category.Title}: '{kind}' is unknown");
            node.Remove("kind");
            return (T)node.Deserialize(entry.Type, options)!;
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", category.KindOf(value));
            foreach (var property in JsonSerializer.SerializeToNode(value, value.GetType(), options)!.AsObject())
            {
                writer.WritePropertyName(property.Key);
                if (property.Value is null) writer.WriteNullValue();
                else property.Value.WriteTo(writer, options);
            }

            writer.WriteEndObject();
        }
    }
}
