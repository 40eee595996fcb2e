using System.Globalization;
using System.Text.Json.Nodes;
using WebLab.Engine.Attacks;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Golden;

/// <summary>
/// Outputs of the field's public attack code on one float32 network and 16 real images. One-step and sign attacks must agree on nearly
/// every pixel; long and minimal-norm ones in success, loss and distance.
/// </summary>
internal sealed class ReferenceAttacks
{
    private const double Eps = 8 / 255.0, Alpha = 2 / 255.0;

    private readonly string _folder;
    private readonly Device _device;
    private readonly Victim _victim;
    private readonly Tensor _x, _y, _logits, _correct;

    private ReferenceAttacks(string folder, Network network, Device device)
    {
        (_folder, _victim, _device) = (folder, new Victim(network), device);
        var basics = Read("basics");
        (_x, _y, _logits) = (basics["x"], basics["y"], basics["logits"]);
        _correct = _logits.argmax(1).eq(_y);
    }

    /// <summary>True where the folder holds these outputs.</summary>
    public static bool IsAt(string folder) =>
        File.Exists(Path.Combine(folder, "manifest.json")) && File.Exists(Path.Combine(folder, "basics.safetensors"));

    /// <summary>Holds every file against the engine's own attack; results in order.</summary>
    public static IReadOnlyList<GoldenResult> Run(string folder, Device device)
    {
        using var scope = Scope.Enter();
        using var network = new RefCnnOptions().Build(new NetShape(3, 10));
        network.To(device);
        network.Load(Safetensors.Read(Path.Combine(folder, "weights.safetensors")));
        var all = new ReferenceAttacks(folder, network, device);
        return
        [
            all.Basics(),
            all.Pixels("fgsm", new FgsmOptions()),
            all.Pixels("mifgsm10", new MomentumOptions()),
            all.Pixels("rfgsm1", new RandomFgsmOptions(), file => file["draw0"].sign() * (Eps / 2)),
            all.Pixels("cwinf30", new MarginOptions { Steps = 30 }, file => file["draw0"]),
            all.Pixels("pgdl2_20", new PgdOptions { Norm = Norm.L2, Eps = Budget.Parse("0.5"), StepSize = Budget.Parse("0.1"), Steps = 20 },
                file => file["draw0"] / Projections.L2Norm(file["draw0"]) * file["draw1"] * 0.5),
            all.Pixels("pgd20_targeted_nors", new PgdOptions { Steps = 20, Start = Start.Zero, Target = TargetRule.Given }),
            all.Climb("apgd_Linf_ce_10", new ApgdOptions { Steps = 10 }),
            all.Climb("apgd_L2_dlr_10", new ApgdOptions { Norm = Norm.L2, Eps = Budget.Parse("0.5"), Steps = 10, Loss = AttackLoss.Dlr }),
            all.Climb("apgdt_Linf_10", new TargetedApgdOptions { Steps = 10 }),
            all.Distance("fabt_Linf_10", Norm.Linf, new TargetedFabOptions { Targets = 1, Steps = 10, Eps = Budget.Parse("1") }),
            all.Distance("fab_L2_10", Norm.L2, new FabOptions { Norm = Norm.L2, Steps = 10, Eps = Budget.Parse("100") }),
            all.Distance("fabt_L1_10", Norm.L1, new TargetedFabOptions { Norm = Norm.L1, Targets = 1, Steps = 10, Eps = Budget.Parse("10000") }),
            all.Distance("deepfool_fb_l2", Norm.L2, new DeepFoolOptions()),
            all.Distance("cwl2_fb", Norm.L2, new CarliniWagnerOptions { C = 0.1, SearchSteps = 5, Steps = 100, AbortEarly = false }),
            all.ProjectionFile(),
            all.Schedule(),
        ];
    }

    // The network that the public code was run on.
    private sealed record RefCnnOptions : ArchitectureOptions
    {
        public override NetSize Size() => new(5e6, 24_000);

        public override IReadOnlyList<StageGroup> Groups() => [new("stage1"), new("stage2"), new("stage3")];

        public override Network Build(NetShape shape)
        {
            var plan = new Blueprint(this, shape);
            for (var (k, inputs) = (1, 3); k <= 3; k++, inputs = 8 << (k - 1))
            {
                plan.Stage($"stage{k}",
                    plan.Add($"conv{k}", new Conv2d(inputs, 8 << k, 3, stride: k == 1 ? 1 : 2, padding: 1)),
                    plan.Add($"bn{k}", new BatchNorm2d(8 << k)), Apply.Relu);
            }

            plan.Stage("head", new Pool(), plan.Add("fc", new Linear(64, 10)));
            return plan.Build();
        }
    }

    /// <summary>Gradients jump where a ReLU's input is near 0 and rounds to the other side; nearly all values must agree.</summary>
    private GoldenResult Basics()
    {
        var file = Read("basics");
        var x = _x.detach().requires_grad_();
        var z = _victim.Logits(x);
        var (worst, equal) = ((z - file["logits"]).abs().max().item<double>(), 1.0);
        foreach (var (name, loss) in new[]
        {
            ("ce", Losses.CrossEntropy(z, _y)), ("margin", Losses.Margin(z, _y)), ("dlr", Losses.Dlr(z, _y)),
            ("dlr_t", Losses.DlrTargeted(z, _y, file["target"])),
        })
        {
            worst = Math.Max(worst, (loss - file[$"loss_{name}"]).abs().max().item<double>());
            var off = Grad.Of([loss], [x], retain: true)[0] - file[$"grad_{name}"];
            equal = Math.Min(equal, off.abs().lt(1e-5).to(DType.Float64).mean().item<double>());
        }

        return Result("basics", worst < 1e-5 && equal > 0.995, $"logits and losses within {worst:0.0e+00}, {100 * equal:0.00} % of gradient values equal");
    }

    /// <summary>All 16 images, attacked for all steps; pixels within 1e-5 count as equal.</summary>
    private GoldenResult Pixels(string name, AttackOptions options, Func<Dictionary<string, Tensor>, Tensor>? start = null)
    {
        var file = Read(name);
        var attack = options.Build();
        var goal = attack.Aim(_y, Read("basics")["target"], _logits, Chance(null), 0);
        var x = attack.Craft(_victim, _x, goal, Chance(start?.Invoke(file))).X;
        var equal = (x - file["adv"]).abs().lt(1e-5).to(DType.Float64).mean().item<double>();
        var labels = _victim.Logits(x).argmax(1).eq(_victim.Logits(file["adv"]).argmax(1)).all().item<bool>();
        return Result(name, labels && equal >= 0.999, $"{100 * equal:0.000} % of pixels equal, labels {(labels ? "equal" : "differ")}");
    }

    private GoldenResult Climb(string name, StepFreeOptions options)
    {
        var file = Read(name);
        var apgd = (AutoPgd)options.Build();
        Goal goal = apgd.Targets > 0 ? new Targeted(_y, Read("basics")["target"], Losses.DlrTargeted) : apgd.GoalOf(_logits, _y, 0);
        var climb = apgd.Ascend(new Hunt(_victim, _x, goal, Chance(file["x_init"] - _x), Ops.arange(16, device: _device), 0));
        var broken = climb.Round.First.gt(0).logical_not().equal(file["acc"]);
        var worst = ((climb.BestLoss - file["loss_best"]).abs() / file["loss_best"].abs().clamp_min(1e-3)).max().item<double>();
        return Result(name, broken && worst < 1e-3, $"same samples broken: {broken}, best losses within {worst:0.0e+00}");
    }

    /// <summary>The images that are classified correctly; distances must agree within 1 % on nearly all, and on average.</summary>
    private GoldenResult Distance(string name, Norm norm, AttackOptions options)
    {
        var (want, outcome) = (Read(name)["adv"], (options with { StopAtSuccess = false }).Build().Run(_victim, _x, _y, Chance(null)));
        Tensor Size(Tensor x) => (norm switch
        {
            Norm.Linf => Projections.LinfNorm(x - _x),
            Norm.L2 => Projections.L2Norm(x - _x),
            _ => Projections.L1Norm(x - _x),
        }).flatten();
        var broken = _victim.Logits(want).argmax(1).ne(_y);
        var same = outcome.Success.eq(broken).logical_or(_correct.logical_not());
        var ratio = (Size(outcome.X) / Size(want)).masked_select(_correct.logical_and(broken).logical_and(outcome.Success));
        var (mean, near) = (ratio.mean().item<double>(), (ratio - 1).abs().lt(0.01).to(DType.Float64).mean().item<double>());
        var good = same.to(DType.Float64).mean().item<double>() > 0.9 && mean < 1.01;
        return Result(name, good, $"{ratio.numel()} distances: mean ratio {mean:0.0000}, {100 * near:0} % within 1 %");
    }

    private GoldenResult ProjectionFile()
    {
        var (file, worst) = (Read("projections"), 0.0);
        foreach (var (norm, name) in new[] { (Norm.Linf, "d_linf"), (Norm.L2, "d_l2"), (Norm.L1, "d_l1") })
        {
            var d = Hyperplane.Displacement(norm, file["t"], file["w"], file["b"].unsqueeze(1));
            worst = Math.Max(worst, (d - file[name]).abs().max().item<double>());
        }

        Tensor Wide(Tensor t) => t.reshape(t.shape[0], t.shape[1], 1, 1);
        var (x, y) = (Wide(file["l1_x"]), Wide(file["l1_y"]));
        var moved = Projections.L1(x + y, x, file["l1_eps"].reshape(1, 1, 1, 1).expand(x.shape[0], 1, 1, 1));
        worst = Math.Max(worst, (moved - x - y - Wide(file["l1_delta"])).abs().max().item<double>());
        return Result("projections", worst < 1e-4, $"within {worst:0.0e+00}");
    }

    private GoldenResult Schedule()
    {
        var want = Read("square_schedule32")["side"].ToArray<long>();
        var options = new SquareOptions { Queries = want.Length };
        var wrong = Enumerable.Range(0, want.Length).Count(k => Square.Side(options, k, 32, 32) != want[k]);
        return Result("square_schedule32", wrong == 0, $"{wrong} of {want.Length} sides differ");
    }

    private Draws Chance(Tensor? start)
    {
        var samples = Ops.arange(16, device: _device);
        return start is null ? new Rng(0).Draw("attack", samples, 0)
            : new RecordedDraws(new Dictionary<string, Tensor> { ["start"] = start }, samples, DType.Float32);
    }

    private Dictionary<string, Tensor> Read(string name) =>
        Safetensors.Read(Path.Combine(_folder, $"{name}.safetensors")).ToDictionary(t => t.Key, t => t.Value.to(_device));

    private static GoldenResult Result(string name, bool passed, FormattableString text) =>
        new($"reference-{name}", passed, text.ToString(CultureInfo.InvariantCulture), []);
}
