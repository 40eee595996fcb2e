using System.Text.Json.Nodes;

namespace WebLab.Api.Evaluations;

/// <summary>Attack batteries that ship, as recipes write attacks.</summary>
public static class Batteries
{
    public const string Quick = "quick", Standard = "standard", AutoAttack = "autoattack";
    public const int QuickSamples = 1000;

    /// <summary>Null for a name that is not known.</summary>
    public static JsonArray? Find(string name) => name switch
    {
        Quick => Parse("""[{"kind":"fgsm"},{"kind":"pgd","steps":10}]"""),
        Standard => Parse("""[{"kind":"pgd","steps":20},{"kind":"pgd","steps":100,"restarts":2}]"""),
        AutoAttack => Parse("""[{"kind":"autoattack"}]"""),
        _ => null,
    };

    public static IReadOnlyList<string> Names { get; } = [Quick, Standard, AutoAttack];

    private static JsonArray Parse(string json) => JsonNode.Parse(json)!.AsArray();
}
