using System.CommandLine;
using System.Text.Json.Nodes;
using WebLab.Engine.Evaluations;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab evaluate CHECKPOINT --dataset ID --attack JSON ... --corruptions test --out DIR</c>.</summary>
public static class Evaluate
{
    public static Command Verb()
    {
        var attacks = new Option<string[]>("--attack") { Description = "An attack as in recipes, such as '{\"kind\":\"pgd\",\"steps\":20}'; may be repeated.", DefaultValueFactory = _ => [] };
        var mode = new Option<string>("--mode") { Description = "cascade: each attack on what the ones before left; individual: each on all images.", DefaultValueFactory = _ => "cascade" };
        var corruptions = new Option<string[]>("--corruptions") { Description = "Common corruptions: names such as fog, families, or test, held-out, all.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var severities = new Option<int[]>("--severities") { Description = "Severities of the corruptions; absent: 1 to 5.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 2, 3, 4, 5] };
        var baseline = new Option<string?>("--corruption-baseline") { Description = "alexnet, or the folder of another evaluation that mean corruption error is measured against." };
        return SubjectVerb.Of("evaluate", "Measure accuracy of a checkpoint: clean, attacked, corrupted.", "Folder of the evaluation.",
            (attacks, (parsed, request) => request["attacks"] = new JsonArray([.. parsed.GetValue(attacks)!.Select(Shared.Json)])),
            (mode, (parsed, request) => request["mode"] = parsed.GetValue(mode)),
            (corruptions, (parsed, request) => request["corruptions"] = new JsonArray([.. parsed.GetValue(corruptions)!.Select(name => JsonValue.Create(name))])),
            (severities, (parsed, request) => request["severities"] = new JsonArray([.. parsed.GetValue(severities)!.Select(s => JsonValue.Create(s))])),
            (baseline, (parsed, request) => request["corruptionBaseline"] = parsed.GetValue(baseline) is { } other ? CorruptionBaseline.IsBuiltIn(other) ? other : Path.GetFullPath(other) : null));
    }
}
