using System.CommandLine;
using System.Text.Json.Nodes;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab evaluate CHECKPOINT --dataset ID --attack JSON ... --out DIR</c>.</summary>
public static class Evaluate
{
    public static Command Verb()
    {
        var attacks = new Option<string[]>("--attack") { Description = "An attack as in recipes, such as '{\"kind\":\"pgd\",\"steps\":20}'; may be repeated.", DefaultValueFactory = _ => [] };
        var mode = new Option<string>("--mode") { Description = "cascade: each attack on what the ones before left; individual: each on all images.", DefaultValueFactory = _ => "cascade" };
        return SubjectVerb.Of("evaluate", "Measure clean and robust accuracy of a checkpoint.", "Folder of the evaluation.",
            (attacks, (parsed, request) => request["attacks"] = new JsonArray([.. parsed.GetValue(attacks)!.Select(Shared.Json)])),
            (mode, (parsed, request) => request["mode"] = parsed.GetValue(mode)));
    }
}
