using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;

namespace WebLab.Api.Evaluations;

/// <summary>Attack batteries that ship, as recipes write attacks.</summary>
public static class Batteries
{
    public const string Quick = "quick", Standard = "standard", AutoAttack = "autoattack";
    public const int QuickSamples = 1000;

    public static IEnumerable<string> Names => AttackPresets.All.Select(p => p.Name);

    /// <summary>Null for a name that is not known.</summary>
    public static JsonArray? Find(string name) => AttackPresets.Find(name) is { } preset
        ? JsonSerializer.SerializeToNode(preset.Attacks, OptionsJson.Canonical)!.AsArray() : null;
}
