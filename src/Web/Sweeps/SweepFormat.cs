using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;

namespace WebLab.Web.Sweeps;

/// <summary>Values of swept fields as people read them, and as numbers where they are some.</summary>
public static class SweepFormat
{
    public static string Value(JsonNode? value) => value switch
    {
        null => "none",
        JsonObject choice => (string?)choice["kind"] ?? choice.ToJsonString(),
        _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => value.ToJsonString(),
    };

    /// <summary>Radii count in units of [0,1]; null for words.</summary>
    public static double? Number(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Number => double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture),
        JsonValueKind.String when Budget.TryParse(value.GetValue<string>(), out var radius) => radius.Value,
        _ => null,
    };
}
