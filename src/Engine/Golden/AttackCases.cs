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
        var draws = new RecordedDraws(Recording(golden), Ops.arange(x.shape[0], device: x.device), DType.Float64);
        var (attack, victim) = (Options(golden.Part("attack")).Build(), new Victim(network));
        var outcome = attack.Run(victim, x, y, draws, golden.Input.GetValueOrDefault("target"));
        var found = outcome.X;
        switch (attack)
        {
            case AutoPgd { Targets: 0 } apgd:
                found = HoldClimb(apgd, new Hunt(victim, x, apgd.GoalOf(victim.Logits(x), y, 0), draws, Ops.arange(x.shape[0], device: x.device), 0), comparison);
                break;
            case AutoPgd apgd:
                HoldTargets(apgd, victim, x, y, draws, outcome, comparison);
                found = Ops.where(outcome.Success.reshape(-1, 1, 1, 1), outcome.X, x);
                break;
            case DeepFool:
                comparison.Hold("steps", outcome.FirstSuccess - 1);
                comparison.Hold("norm", (string)golden.Part("attack")["norm"]! == "L2" ? outcome.L2 : outcome.Linf);
                break;
            case Square:
                comparison.Hold("queries", outcome.Forwards);
                comparison.Hold("margin", -outcome.Loss);
                break;
            case CarliniWagner wagner:
                var hunt = new Hunt(victim, x, wagner.GoalOf(victim.Logits(x), y, 0), draws, Ops.arange(x.shape[0], device: x.device), 0);
                var (_, tried, distance) = wagner.Bisect(hunt);
                comparison.Hold("c", tried);
                comparison.Hold("l2", Ops.where(distance.isinf(), 0.0, distance));
                comparison.Hold("success", outcome.Success.to(DType.Int64));
                break;
            default:
                comparison.Hold("restart", outcome.Round);
                comparison.Hold("loss", outcome.RoundLosses);
                break;
        }

        using var off = NoGrad.Enter();
        comparison.Hold("x_adv", found);
        comparison.Hold("logits", network.Forward(found, Nets.Pass.Eval));
    }

    private static Tensor HoldClimb(AutoPgd apgd, Hunt hunt, Comparison comparison)
    {
        var climb = apgd.Ascend(hunt);
        comparison.Hold("best_loss", climb.BestLoss);
        comparison.Hold("x_last_adv", climb.LastAdversarial);
        comparison.Hold("halvings", climb.Halvings);
        comparison.Hold("success", climb.Round.First.gt(0).to(DType.Int64));
        return climb.Best;
    }

    private static void HoldTargets(AutoPgd apgd, Victim victim, Tensor x, Tensor y, Draws draws, Outcome outcome, Comparison comparison)
    {
        for (var round = 0; round < apgd.Rounds; round++)
        {
            var goal = apgd.GoalOf(victim.Logits(x), y, round);
            var climb = apgd.Ascend(new Hunt(victim, x, goal, draws.In($"round{round}"), Ops.arange(x.shape[0], device: x.device), round));
            comparison.Hold($"best_loss.{round}", climb.BestLoss);
        }

        comparison.Hold("broken_by", Ops.where(outcome.Success, outcome.Round, -1L));
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

    // draw.start, or draw.start.0, draw.start.1, ... for several rounds; rows of draw.window and draw.sign (queries x N x ...) are queries 1, 2, ...
    private static Dictionary<string, Tensor> Recording(GoldenCase golden)
    {
        var recording = new Dictionary<string, Tensor>();
        foreach (var (name, value) in golden.Under("draw."))
        {
            var dot = name.LastIndexOf('.');
            if (name is "window" or "sign")
            {
                var padded = Ops.cat([Ops.zeros_like(value[0]).unsqueeze(0), value, Ops.zeros_like(value[0]).unsqueeze(0).repeat([Square.Ahead, .. Enumerable.Repeat(1L, (int)value.dim() - 1)])], 0);
                for (var k = 0L; (k + 1) * Square.Ahead <= padded.shape[0]; k++)
                    recording[$"queries{k}.{name}"] = padded.narrow(0, k * Square.Ahead, Square.Ahead).transpose(0, 1).contiguous();
            }
            else recording[dot > 0 ? $"round{name[(dot + 1)..]}.{name[..dot]}" : name] = value;
        }

        return recording;
    }
}
