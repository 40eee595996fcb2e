using System.Text.Json;
using System.Text.Json.Nodes;

namespace WebLab.Api.Sweeps;

/// <summary>Values of swept fields as people read them.</summary>
public static class SweepWords
{
    public static string Of(JsonNode? value) => value switch
    {
        null or JsonArray { Count: 0 } => "none",
        JsonArray list => string.Join(", ", list.Select(Of)),
        JsonObject choice => (string?)choice["kind"] ?? choice.ToJsonString(),
        _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => value.ToJsonString(),
    };
}
