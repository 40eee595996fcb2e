using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Golden;

/// <summary>An attack on a frozen network: the images found and the logits there.</summary>
internal static class AttackCases
{
    public static void Run(GoldenCase golden, Comparison comparison)
    {
        using var network = GoldenNetwork.Loaded(golden);
        var (x, y) = (golden.Input["x"], golden.Input["y"]);
        var draws = new RecordedDraws(Recording(golden), Ops.arange(x.shape[0]), DType.Float64);
        var attack = Options(golden.Part("attack")).Build();
        var outcome = attack.Run(new Victim(network), x, y, draws, golden.Input.GetValueOrDefault("target"));
        using var off = NoGrad.Enter();
        comparison.Hold("x_adv", outcome.X);
        comparison.Hold("logits", network.Forward(outcome.X, Nets.Pass.Eval));
        comparison.Hold("restart", outcome.Round);
        comparison.Hold("loss", outcome.RoundLosses);
    }

    /// <summary>The catalog's options for the words of a case. One table turns its vocabulary into ours.</summary>
    public static AttackOptions Options(JsonObject part)
    {
        var kind = (string)part["kind"]!;
        var entry = Kinds.Attacks.Find(kind) ?? throw new NotSupportedException($"attack '{kind}' is not in the catalog");
        var fields = Field.Of(entry.Type).ToDictionary(f => f.Name);
        var options = new JsonObject { ["kind"] = kind, ["stopAtSuccess"] = false };
        foreach (var (name, value) in part)
        {
            var (ours, translated) = (name, value) switch
            {
                ("init", { } init) => ("start", (string)init! == "given" ? "uniform" : init.DeepClone()),
                ("targeted", _) => ("target", (JsonNode)"given"),
                ("norm", { } norm) => ("norm", ((string)norm!).ToLowerInvariant()),
                ("alpha", { } alpha) => ("stepSize", alpha.DeepClone()),
                ("loss", { } loss) => ("loss", (string)loss! == "ce" ? "cross-entropy" : loss.DeepClone()),
                _ => (name, value?.DeepClone()),
            };
            if (!fields.TryGetValue(ours, out var field) || ours == "kind") continue;
            options[ours] = field.Shape == FieldShape.Budget ? ((double)translated!).ToString("R", CultureInfo.InvariantCulture) : translated;
        }

        return options.Deserialize<AttackOptions>(OptionsJson.Canonical)!;
    }

    // draw.start, or draw.start.0, draw.start.1, ... for several rounds.
    private static Dictionary<string, Tensor> Recording(GoldenCase golden) => golden.Under("draw.").ToDictionary(
        d => d.Key.LastIndexOf('.') is var dot and > 0 ? $"round{d.Key[(dot + 1)..]}.{d.Key[..dot]}" : d.Key,
        d => d.Value);
}
