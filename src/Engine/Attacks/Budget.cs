using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebLab.Engine.Attacks;

/// <summary>
/// A radius or step in pixel units, kept as it was written: "8/255", "0.031", "1". The value is the exact quotient in double precision.
/// </summary>
[JsonConverter(typeof(BudgetConverter))]
public readonly record struct Budget
{
    private readonly string? _text;

    private Budget(string text, double value) => (_text, Value) = (text, value);

    /// <summary>The number, in units of the [0,1] pixel range.</summary>
    public double Value { get; }

    public static Budget Zero => new("0", 0);

    /// <summary>m/255.</summary>
    public static Budget Of255(int m) => new($"{m}/255", m / 255.0);

    /// <summary>Reads "8/255" or "0.031". A negative or unreadable text fails.</summary>
    public static bool TryParse(string? text, out Budget budget)
    {
        budget = default;
        var parts = (text ?? "").Trim().Split('/');
        if (parts.Length is < 1 or > 2 || !Number(parts[0], out var above)) return false;
        var below = 1.0;
        if (parts.Length == 2 && (!Number(parts[1], out below) || below == 0)) return false;
        if (!double.IsFinite(above / below) || above < 0 || below < 0) return false;
        budget = new Budget(text!.Trim(), above / below);
        return true;
    }

    public static Budget Parse(string text) =>
        TryParse(text, out var budget) ? budget : throw new FormatException($"'{text}' is not a radius; write \"8/255\" or \"0.031\"");

    public bool Equals(Budget other) => Value == other.Value && ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _text ?? "0";

    private static bool Number(string text, out double value) =>
        double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out value);
}

internal sealed class BudgetConverter : JsonConverter<Budget>
{
    public override Budget Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        Budget.Parse(reader.TokenType == JsonTokenType.Number
            ? reader.GetDouble().ToString("R", CultureInfo.InvariantCulture)
            : reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, Budget value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
