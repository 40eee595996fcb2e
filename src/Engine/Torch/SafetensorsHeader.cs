using System.Text;
using System.Text.Json;

namespace WebLab.Engine.Torch;

/// <summary>One tensor of a file: where its bytes lie after the header.</summary>
public sealed record SafetensorsEntry(string Name, DType Type, long[] Shape, long Begin, long End);

/// <summary>A header that was read and checked.</summary>
/// <param name="Entries">In the order of their bytes.</param>
/// <param name="Metadata">The `__metadata__` texts.</param>
public sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The largest header a file from outside may have, bytes.</summary>
    public const int ImportLimit = 1 << 20;

    private const int MostDimensions = 16;

    /// <summary>Reads a header's JSON. Every tensor must be whole, in bounds, and begin where the one before it ends.</summary>
    /// <param name="json">UTF-8, space padding allowed at the end.</param>
    /// <param name="data">Bytes that follow the header.</param>
    /// <exception cref="InvalidDataException">Anything else.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long data)
    {
        try
        {
            return Checked(Listed(json), data);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException or DecoderFallbackException)
        {
            throw new InvalidDataException($"safetensors header: {e.Message}", e);
        }
    }

    internal static string TypeName(DType type) => type switch
    {
        DType.Float64 => "F64",
        DType.Float32 => "F32",
        DType.Float16 => "F16",
        DType.BFloat16 => "BF16",
        DType.Int64 => "I64",
        DType.Int32 => "I32",
        DType.Int16 => "I16",
        DType.Int8 => "I8",
        DType.UInt8 => "U8",
        DType.Bool => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such element type"),
    };

    private static SafetensorsHeader Listed(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        Dictionary<string, string>? metadata = null;
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            if (name == "__metadata__")
            {
                metadata = metadata is null ? Metadatas(ref reader) : throw new InvalidDataException("safetensors header: __metadata__ stands twice");
                continue;
            }
            if (!entries.TryAdd(name, Entry(ref reader, name)))
                throw new InvalidDataException($"safetensors header: tensor \"{Short(name)}\" stands twice");
        }
        if (reader.Read())
            throw new InvalidDataException("safetensors header: something follows the JSON object");
        return new SafetensorsHeader([.. entries.Values], metadata ?? []);
    }

    private static SafetensorsEntry Entry(ref Utf8JsonReader reader, string name)
    {
        DType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, Short(name));
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            var key = reader.GetString();
            var twice = key switch { "dtype" => type is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false };
            if (twice)
                throw Refused(name, $"{key} stands twice");
            switch (key)
            {
                case "dtype":
                    Expect(ref reader, JsonTokenType.String, "dtype");
                    type = TypeOf(name, reader.GetString()!);
                    break;
                case "shape":
                    shape = Numbers(ref reader, name, key, MostDimensions);
                    break;
                case "data_offsets":
                    offsets = Numbers(ref reader, name, key, 2);
                    break;
                default:
                    throw Refused(name, $"unknown field \"{Short(key!)}\"");
            }
        }
        if (type is null || shape is null || offsets is not [var begin, var end])
            throw Refused(name, "wants dtype, shape and two data_offsets");
        return new SafetensorsEntry(name, type.Value, shape, begin, end);
    }

    private static Dictionary<string, string> Metadatas(ref Utf8JsonReader reader)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        Expect(ref reader, JsonTokenType.StartObject, "__metadata__");
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, $"__metadata__.{Short(key)}");
            if (!found.TryAdd(key, reader.GetString()!))
                throw new InvalidDataException($"safetensors header: __metadata__.{Short(key)} stands twice");
        }
        return found;
    }

    private static long[] Numbers(ref Utf8JsonReader reader, string name, string key, int most)
    {
        var numbers = new List<long>();
        Expect(ref reader, JsonTokenType.StartArray, key);
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
                throw Refused(name, $"{key} holds something that is no whole number from 0 to {long.MaxValue}");
            if (numbers.Count == most)
                throw Refused(name, $"{key} has more than {most} numbers");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private static SafetensorsHeader Checked(SafetensorsHeader header, long data)
    {
        var entries = header.Entries.OrderBy(e => e.Begin).ThenBy(e => e.End).ToArray();
        var at = 0L;
        foreach (var entry in entries)
        {
            var bytes = (long)entry.Type.Size();
            foreach (var size in entry.Shape)
                bytes = checked(bytes * size);
            if (entry.Begin != at)
                throw Refused(entry.Name, $"data_offsets begin at {entry.Begin}, want {at}: tensors neither overlap nor leave holes");
            if (entry.End < entry.Begin || entry.End - entry.Begin != bytes)
                throw Refused(entry.Name, $"data_offsets end at {entry.End}, but {TypeName(entry.Type)} [{string.Join(", ", entry.Shape)}] takes {bytes} bytes");
            at = entry.End;
            if (at > data)
                throw Refused(entry.Name, $"ends at {at}, but only {data} bytes follow the header");
        }
        if (at != data)
            throw new InvalidDataException($"safetensors header: tensors end at {at}, but {data} bytes follow the header");
        return header with { Entries = entries };
    }

    private static DType TypeOf(string name, string text)
    {
        foreach (var type in Enum.GetValues<DType>())
        {
            if (TypeName(type) == text)
                return type;
        }
        throw Refused(name, $"dtype \"{Short(text)}\" is not one of {string.Join(", ", Enum.GetValues<DType>().Select(TypeName))}");
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new InvalidDataException("safetensors header: the JSON ends early");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType wanted, string what)
    {
        if (Next(ref reader) != wanted)
            throw new InvalidDataException($"safetensors header: {what} is {reader.TokenType}, want {wanted}");
    }

    private static InvalidDataException Refused(string name, string why) => new($"safetensors tensor \"{Short(name)}\": {why}");

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
