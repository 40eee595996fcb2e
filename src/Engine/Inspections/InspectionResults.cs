using System.Text.Json;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Inspections;

/// <summary><c>inspection.json</c>.</summary>
/// <param name="Checkpoint">The folder as it was asked for.</param>
/// <param name="WeightsSha256">Of the weights that were looked into.</param>
/// <param name="Data">Data set id.</param>
/// <param name="Attack">The options of the attack.</param>
/// <param name="Findings">By the lens's name.</param>
public sealed record InspectionResults(string Checkpoint, string WeightsSha256, string Data, string Version, string Split, int Samples, int Seed, JsonElement Attack,
    IReadOnlyDictionary<string, JsonElement> Findings)
{
    public const string FileName = "inspection.json";

    /// <summary>The values of single images that the findings are made of.</summary>
    public const string Columns = "inspection.safetensors";

    /// <summary>A lens's finding; null where the lens was not used.</summary>
    public T? Of<T>(string lens)
        where T : class => Findings.TryGetValue(lens, out var found) ? found.Deserialize<T>(JobJson.Options) : null;
}
