using System.CommandLine;
using System.Text.Json.Nodes;
using WebLab.Engine.Evaluations;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab evaluate CHECKPOINT --dataset ID --attack JSON ... --corruptions test --curve 0,1/255,2/255 --out DIR</c>.</summary>
public static class Evaluate
{
    public static Command Verb()
    {
        var attacks = new Option<string[]>("--attack") { Description = "An attack as in recipes, such as '{\"kind\":\"pgd\",\"steps\":20}'; may be repeated.", DefaultValueFactory = _ => [] };
        var mode = new Option<string>("--mode") { Description = "cascade: each attack on what the ones before left; individual: each on all images.", DefaultValueFactory = _ => "cascade" };
        var corruptions = new Option<string[]>("--corruptions") { Description = "Common corruptions: names such as fog, families, or test, held-out, all.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var severities = new Option<int[]>("--severities") { Description = "Severities of the corruptions; absent: 1 to 5.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 2, 3, 4, 5] };
        var baseline = new Option<string?>("--corruption-baseline") { Description = "alexnet, or the folder of another evaluation that mean corruption error is measured against." };
        var curve = new Option<string?>("--curve") { Description = "Radii between commas, ascending, such as 0,1/255,2/255: accuracy over the radius." };
        var curveAttack = new Option<string?>("--curve-attack") { Description = "Attack of the curve; absent: PGD with 20 steps of a quarter of the radius." };
        return SubjectVerb.Of("evaluate", "Measure accuracy of a checkpoint: clean, attacked, corrupted, over the radius.", "Folder of the evaluation.",
            (attacks, (parsed, request) => request["attacks"] = new JsonArray([.. parsed.GetValue(attacks)!.Select(Shared.Json)])),
            (mode, (parsed, request) => request["mode"] = parsed.GetValue(mode)),
            (corruptions, (parsed, request) => request["corruptions"] = new JsonArray([.. parsed.GetValue(corruptions)!.Select(name => JsonValue.Create(name))])),
            (severities, (parsed, request) => request["severities"] = new JsonArray([.. parsed.GetValue(severities)!.Select(s => JsonValue.Create(s))])),
            (baseline, (parsed, request) => request["corruptionBaseline"] = parsed.GetValue(baseline) is { } other ? CorruptionBaseline.IsBuiltIn(other) ? other : Path.GetFullPath(other) : null),
            (curve, (parsed, request) => request["curve"] = new JsonArray([.. (parsed.GetValue(curve) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(r => JsonValue.Create(r))])),
            (curveAttack, (parsed, request) =>
            {
                if (parsed.GetValue(curveAttack) is { } json) request["curveAttack"] = Shared.Json(json);
            }));
    }
}
