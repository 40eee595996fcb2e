using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;

namespace WebLab.Api.Lab;

/// <summary>What is asked of the lab, checked by the catalog's rules and the lab's own limits.</summary>
internal static class AttackCheck
{
    /// <summary>The attack with all its options; null, with what is wrong in <paramref name="wrong"/>, when it cannot be played.</summary>
    public static JsonNode? Read(JsonNode? asked, LabOptions limits, List<(string Path, string Message)> wrong)
    {
        var wanted = new JsonObject { ["attack"] = asked?.DeepClone() };
        var found = Validation.Check(wanted, typeof(Choice)).Select(f => (f.Path, f.Message)).ToList();
        if (found.Count == 0)
        {
            var choice = wanted.Deserialize<Choice>(OptionsJson.Canonical)!;
            found.AddRange(Validation.Rules(choice, o => o.Check()).Select(f => (f.Path, f.Message)));
            var attack = JsonSerializer.SerializeToNode(choice, OptionsJson.Canonical)!["attack"]!;
            var steps = ((long?)attack["steps"] ?? 1) * ((long?)attack["restarts"] ?? 1);
            if (steps > limits.MaxSteps)
                found.Add(("attack.steps", $"steps times restarts is {steps}, at most {limits.MaxSteps} are played here; queue an evaluation for more"));
            if (found.Count == 0) return attack;
        }
        wrong.AddRange(found);
        return null;
    }

    /// <summary>Why an attack does not lead to the class that a picture names.</summary>
    public static string NotAimed(string kind) => Kinds.Attacks.Find(kind)!.Type.IsSubclassOf(typeof(AimedOptions))
        ? $"needs \"target\": \"given\" in the attack, which else leads away from the true class alone"
        : $"{kind} cannot be aimed at a class; these can: {string.Join(", ", Kinds.Attacks.Entries.Where(e => e.Type.IsSubclassOf(typeof(AimedOptions))).Select(e => e.Kind))}";

    public static void Seed(int seed, double amplify, List<(string Path, string Message)> wrong)
    {
        if (seed < 0) wrong.Add(("seed", $"got {seed}, wanted 0 or more"));
        if (!(amplify is >= 1 and <= 100)) wrong.Add(("amplify", $"got {amplify}, wanted 1 to 100"));
    }

    private sealed record Choice : Engine.Catalog.Options
    {
        public required AttackOptions Attack { get; init; }
    }
}
