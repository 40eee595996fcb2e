using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Golden;

/// <summary>One building block: batch norm with banks, a loss, a projection.</summary>
internal static class ModuleCases
{
    private static readonly Dictionary<string, Action<GoldenCase, JsonObject, Comparison>> Kinds = new()
    {
        ["adain"] = (golden, _, c) => Fusion(golden, c, FeatureFusion.AdaIn),
        ["ase"] = Attribution,
        ["attribution-maps"] = Maps,
        ["attribution-span"] = Span,
        ["hff"] = (golden, _, c) => Fusion(golden, c, (a, b) => FeatureFusion.Mix(a, b, golden.Input["gamma"])),
        ["multi_bank_bn"] = BatchNorm,
        ["projection"] = Projection,
        ["kl-batchmean"] = (golden, _, c) => Pair(golden, c, (clean, attacked) => Losses.Kl(attacked, clean.log_softmax(1))),
        ["mart-bce"] = (golden, _, c) => Loss(golden, c, z => Mart.BoostedCrossEntropy(z, golden.Input["y"]), mean: true),
        ["mart-kl"] = (golden, _, c) => Pair(golden, c, (clean, attacked) => Mart.WeightedKl(clean, attacked, golden.Input["y"])),
        ["las-policy"] = StrategyPolicies,
        ["label-smoothing"] = (golden, part, c) => Loss(golden, c, z => Losses.SmoothCrossEntropy(z, golden.Input["y"], (double)part["top"]!), mean: true),
        ["w_projection"] = WeightProjections,
        ["cw-hinge"] = (golden, part, c) => Loss(golden, c, z => Losses.Hinge(z, golden.Input["y"], (double)part["kappa"]!)),
        ["cw-margin"] = (golden, _, c) => Loss(golden, c, z => Losses.Margin(z, golden.Input["y"])),
        ["dlr"] = (golden, _, c) => Loss(golden, c, z => Losses.Dlr(z, golden.Input["y"])),
        ["dlr-targeted"] = (golden, _, c) => Loss(golden, c, z => Losses.DlrTargeted(z, golden.Input["y"], golden.Input["target"])),
    };

    public static void Run(GoldenCase golden, Comparison comparison)
    {
        var part = golden.Document["module"] is JsonObject module ? module : golden.Part("method");
        var kind = (string)part["kind"]!;
        if (!Kinds.TryGetValue(kind, out var run)) throw new NotSupportedException($"no building block '{kind}' in this build");
        run(golden, part, comparison);
    }

    private static void BatchNorm(GoldenCase golden, JsonObject part, Comparison comparison)
    {
        var prefix = $"{part["name"]}.";
        var norm = new BatchNorm2d((long)part["channels"]!, (int)part["banks"]!, (double)part["eps"]!, (double)part["momentum"]!);
        var state = norm.State(prefix).ToArray();
        foreach (var (name, slot) in state) slot.Replace(golden.Input[$"net.{name}"].clone());
        var stats = (string)part["stats"]! == "running" ? StatsMode.Running : (bool)part["update"]! ? StatsMode.BatchUpdate : StatsMode.Batch;
        var route = part["chunks"] is JsonArray chunks ? Route.Chunks([.. chunks.Select(n => (int)n!)]) : Route.One((int)part["bank"]!);
        var x = golden.Input["x"].clone().requires_grad_();
        var output = norm.Forward(x, new Pass { Stats = stats, Route = route });
        var learned = state.Where(s => s.Slot.Learned).ToArray();
        var gradients = Grad.Of([output], [x, .. learned.Select(s => s.Slot.Value)], [golden.Input["draw.gradOutput"]], allowUnused: true);
        comparison.Hold("output", output);
        comparison.Hold("grad.x", gradients[0]);
        for (var k = 0; k < learned.Length; k++) comparison.Hold($"grad.{learned[k].Name}", gradients[k + 1]);
        foreach (var (name, slot) in state)
        {
            comparison.Hold($"net.{name}", slot.Value);
            slot.Value.Dispose();
        }
    }

    private static void Attribution(GoldenCase golden, JsonObject part, Comparison comparison)
    {
        var a = golden.Input["a"].clone().requires_grad_();
        var point = new AttributionPoint(0, a.shape[1], golden.Input["aux.weight"].shape[0]);
        var state = point.State("aux.").ToArray();
        foreach (var (name, slot) in state) slot.Replace(golden.Input[name].clone());
        var training = (bool)part["training"]!;
        var asides = new Asides();
        var output = point.Forward(a, new Pass
        {
            Train = training,
            Masking = training ? new Masking.Labelled((double)part["alpha"]!) : Masking.Predicted,
            Labels = golden.Input.GetValueOrDefault("y"),
            Draws = training ? new RecordedDraws(new Dictionary<string, Tensor> { ["perm.0"] = golden.Input["draw.perm"] }, Ops.arange(a.shape[0], device: a.device), DType.Float64) : null,
            Asides = asides,
        });
        var logits = asides.Of("aux.")[0];
        var gradients = Grad.Of([output, logits], [a, .. state.Select(s => s.Slot.Value)], [golden.Input["weight.out"], golden.Input["weight.logits"]]);
        comparison.Hold("out", output);
        comparison.Hold("logits", logits);
        comparison.Hold("grad.a", gradients[0]);
        for (var k = 0; k < state.Length; k++)
        {
            comparison.Hold($"grad.{state[k].Name["aux.".Length..]}", gradients[k + 1]);
            state[k].Slot.Value.Dispose();
        }
    }

    private static void Fusion(GoldenCase golden, Comparison comparison, Func<Tensor, Tensor, Tensor> fuse)
    {
        var (a, b) = (golden.Input["a"].clone().requires_grad_(), golden.Input["b"].clone().requires_grad_());
        var output = fuse(a, b);
        var gradients = Grad.Of([output], [a, b], [golden.Input["weight"]]);
        comparison.Hold("out", output);
        comparison.Hold("grad.a", gradients[0]);
        comparison.Hold("grad.b", gradients[1]);
    }

    private static void Maps(GoldenCase golden, JsonObject part, Comparison comparison)
    {
        var (a, main, helper, classes) = (golden.Input["a"], golden.Input["main.weight"], golden.Input["aux.weight"], golden.Input["class"]);
        var masks = Ops.linear(a.mean([2, 3]), helper, golden.Input["aux.bias"]).argmax(1);
        var masked = ClassMaps.Masked(a, main, helper, classes, masks);
        comparison.Hold("maskClass", masks);
        comparison.Hold("map.plain", ClassMaps.Of(a, main, classes));
        comparison.Hold("map.aux", ClassMaps.Of(a, helper, classes));
        comparison.Hold("map.masked", masked);
        comparison.Hold("map.masked.up8", ClassMaps.Enlarged(masked, 8, 8));
    }

    private static void Span(GoldenCase golden, JsonObject part, Comparison comparison)
    {
        var span = AttributionSpan.Of(golden.Input["map"]);
        comparison.Hold("heat", span.Heat);
        comparison.Hold("empty", span.Empty.to(DType.Int64));
        comparison.Hold("mean", span.Mean);
        comparison.Hold("participation", span.Participation);
        comparison.Hold("entropy", span.Entropy);
        comparison.Hold("S", Ops.stack([.. part["thresholds"]!.AsArray().Select(t => span.Above((double)t!))], 1));
    }

    private static void Projection(GoldenCase golden, JsonObject part, Comparison comparison)
    {
        var (x, offset) = (golden.Input["x"], golden.Input["offset"]);
        Tensor Radius(string name) => Ops.full([x.shape[0], 1, 1, 1], (double)part[name]!, DType.Float64, x.device);
        comparison.Hold("linf", new Ball(Norm.Linf, x, Radius("epsLinf")).Project(x + offset));
        comparison.Hold("l2", new Ball(Norm.L2, x, Radius("epsL2")).Project(x + offset));
        comparison.Hold("l1.ball", Projections.L1Offset(offset, null, Radius("epsL1")));
        comparison.Hold("l1.box", new Ball(Norm.L1, x, Radius("epsL1")).Project(x + offset));
    }

    private static void StrategyPolicies(GoldenCase golden, JsonObject part, Comparison comparison)
    {
        string[] heads = ["type", "eps", "steps", "stepSize"];
        var slots = heads.SelectMany(h => new[] { $"head.{h}.weight", $"head.{h}.bias" }).Select(name => (name, Slot: Filled(golden.Input[name]))).ToArray();
        var losses = heads.Select((head, k) => StrategyPolicy.Loss(
            Ops.linear(golden.Input["features"], slots[2 * k].Slot.Value, slots[(2 * k) + 1].Slot.Value), golden.Input[$"strategy.{head}"], (double)part["reward"]!)).ToArray();
        for (var k = 0; k < heads.Length; k++) comparison.Hold($"loss.{heads[k]}", losses[k]);
        var loss = losses.Aggregate((a, b) => a + b);
        comparison.Hold("loss", loss);
        using var optimizer = new SgdOptions { Momentum = 0, WeightDecay = 0 }.Build(slots);
        var gradients = Grad.Of(loss, optimizer.Values());
        for (var k = 0; k < slots.Length; k++) comparison.Hold($"grad.{slots[k].name}", gradients[k]);
        comparison.Hold("gradNorm", Ops.stack([.. gradients.Select(g => g.norm())]).norm());
        StrategyPolicy.Learn(optimizer, gradients, (double)part["lr"]!);
        foreach (var (name, slot) in slots)
        {
            comparison.Hold(name, slot.Value);
            slot.Value.Dispose();
        }
    }

    private static Slot Filled(Tensor value)
    {
        var slot = new Slot(Init.Zero, learned: true, value.shape);
        slot.Replace(value.clone());
        return slot;
    }

    private static void WeightProjections(GoldenCase golden, JsonObject part, Comparison comparison)
    {
        comparison.Hold("w.affine_l1", LearnedAlfa.Project(WeightProjection.AffineL1, golden.Input["w"]));
        comparison.Hold("w.simplex", LearnedAlfa.Project(WeightProjection.Simplex, golden.Input["w"]));
    }

    // A loss between the clean and the attacked prediction, with gradients on both sides.
    private static void Pair(GoldenCase golden, Comparison comparison, Func<Tensor, Tensor, Tensor> loss)
    {
        var (clean, attacked) = (golden.Input["logitsNat"].clone().requires_grad_(), golden.Input["logitsAdv"].clone().requires_grad_());
        var mean = loss(clean, attacked).mean();
        comparison.Hold("loss", mean);
        var gradients = Grad.Of(mean, clean, attacked);
        comparison.Hold("grad.logitsNat", gradients[0]);
        comparison.Hold("grad.logitsAdv", gradients[1]);
    }

    private static void Loss(GoldenCase golden, Comparison comparison, Func<Tensor, Tensor> loss, bool mean = false)
    {
        var z = golden.Input["logits"].clone().requires_grad_();
        var each = loss(z);
        comparison.Hold("each", each);
        comparison.Hold("loss", each.mean());
        comparison.Hold("grad.logits", Grad.Of(mean ? each.mean() : each, z));
    }
}
