using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;

namespace WebLab.Web.Sweeps;

/// <summary>Values of swept fields as numbers, where they are some.</summary>
public static class SweepFormat
{
    /// <summary>Radii count in units of [0,1]; null for words.</summary>
    public static double? Number(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Number => double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture),
        JsonValueKind.String when Budget.TryParse(value.GetValue<string>(), out var radius) => radius.Value,
        _ => null,
    };
}
