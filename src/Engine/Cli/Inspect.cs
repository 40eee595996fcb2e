using System.CommandLine;
using System.Text.Json.Nodes;
using WebLab.Engine.Inspections;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab inspect CHECKPOINT --dataset ID --out DIR</c>.</summary>
public static class Inspect
{
    public static Command Verb()
    {
        var lenses = new Option<string[]>("--lens") { Description = $"{Lenses.Names}; may be repeated. Absent: every one that fits.", DefaultValueFactory = _ => [] };
        var attack = new Option<string?>("--attack") { Description = "The attack as in recipes; PGD-10 at 8/255 where absent." };
        var features = new Option<string?>("--features") { Description = "What the lens feature-attack tries, such as {\"places\":[\"layer3\"],\"strengths\":[4]}." };
        return SubjectVerb.Of("inspect", $"Look into a checkpoint: {Lenses.Names}.",
            $"Folder of the inspection; {InspectionResults.FileName} and images/ come to lie there.",
            (lenses, (parsed, request) => request["lenses"] = new JsonArray([.. parsed.GetValue(lenses)!.Select(l => (JsonNode)l)])),
            (attack, (parsed, request) => Add(request, "attack", parsed.GetValue(attack))), (features, (parsed, request) => Add(request, "features", parsed.GetValue(features))));
    }

    private static void Add(JsonObject request, string field, string? text)
    {
        if (text is not null) request[field] = Shared.Json(text);
    }
}
