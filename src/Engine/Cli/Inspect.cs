using System.CommandLine;
using System.Text.Json.Nodes;
using WebLab.Engine.Inspections;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab inspect CHECKPOINT --dataset ID --out DIR</c>.</summary>
public static class Inspect
{
    public static Command Verb()
    {
        var lenses = new Option<string[]>("--lens") { Description = "banks, feature-statistics, attribution-span, masks; may be repeated. Absent: every one that fits.", DefaultValueFactory = _ => [] };
        var attack = new Option<string?>("--attack") { Description = "The attack as in recipes; PGD-10 at 8/255 where absent." };
        return SubjectVerb.Of("inspect", "Look into a checkpoint: banks of batch norm, feature statistics, attribution span, masks.",
            $"Folder of the inspection; {InspectionResults.FileName} and images/ come to lie there.",
            (lenses, (parsed, request) => request["lenses"] = new JsonArray([.. parsed.GetValue(lenses)!.Select(l => (JsonNode)l)])),
            (attack, (parsed, request) =>
            {
                if (parsed.GetValue(attack) is { } text) request["attack"] = Shared.Json(text);
            }));
    }
}
