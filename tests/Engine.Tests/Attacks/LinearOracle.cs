using WebLab.Engine.Attacks;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using Xunit;

namespace WebLab.Engine.Tests.Attacks;

/// <summary>Linear models z = W(x - c) near x = 0.5, where the box is inactive and the least perturbation is known in closed form.</summary>
public sealed class LinearOracle
{
    private const int N = 64;
    private const int Pixels = 48;

    [Theory]
    [InlineData(Norm.Linf)]
    [InlineData(Norm.L2)]
    public void Margin_pgd_breaks_exactly_the_samples_within_reach(Norm norm)
    {
        using var scope = Scope.Enter();
        var model = new Linear(classes: 5);
        var distance = model.Distance(norm);
        var eps = distance.median(0).values.item<double>();
        var options = new PgdOptions
        {
            Norm = norm, Eps = Of(eps), StepSize = Of(eps / 4), Steps = 40, Start = Start.Zero, Loss = AttackLoss.Margin,
        };
        var outcome = options.Build().Run(new Victim(model.Logits), model.X, model.Y, model.Draws);
        // The median sample lies on the edge itself; all others are clearly inside or outside.
        var clear = (distance / eps - 1).abs().gt(1e-3);
        Assert.True(outcome.Success.eq(distance.lt(eps)).logical_or(clear.logical_not()).all().item<bool>());
    }

    // Every loss of margins finds the least perturbation of a linear model; the median sample lies on the edge itself. Under L1, where each
    // corner of the ball is a hill of its own, AutoAttack starts five times.
    [Theory]
    [InlineData("apgd", Norm.Linf)]
    [InlineData("apgd", Norm.L2)]
    [InlineData("apgd", Norm.L1)]
    [InlineData("apgd-t", Norm.Linf)]
    [InlineData("apgd-t", Norm.L2)]
    [InlineData("apgd-t", Norm.L1)]
    public void Apgd_on_ratios_of_logits_breaks_exactly_the_samples_within_reach(string kind, Norm norm)
    {
        using var scope = Scope.Enter();
        var model = new Linear(classes: 5);
        var distance = model.Distance(norm);
        var eps = distance.median(0).values.item<double>();
        AttackOptions options = kind == "apgd" ? new ApgdOptions { Norm = norm, Eps = Of(eps), Loss = AttackLoss.Dlr, Restarts = norm == Norm.L1 ? 5 : 1 } : new TargetedApgdOptions { Norm = norm, Eps = Of(eps), Targets = 4 };
        var outcome = options.Build().Run(new Victim(model.Logits), model.X, model.Y, model.Draws);
        // Sparse steps come near the corner of the L1 ball, where all lies in one value, without reaching it.
        var clear = (distance / eps - 1).abs().gt(norm == Norm.L1 ? 0.03 : 1e-3);
        var wrong = outcome.Success.ne(distance.lt(eps)).logical_and(clear);
        Assert.False(wrong.any().item<bool>(), $"{wrong.sum().item<long>()} of {N}");
    }

    [Theory]
    [InlineData("fab", Norm.Linf, 1.006)]
    [InlineData("fab", Norm.L2, 1.006)]
    [InlineData("fab", Norm.L1, 1.006)]
    [InlineData("fab-t", Norm.Linf, 1.006)]
    [InlineData("fab-t", Norm.L2, 1.006)]
    [InlineData("fab-t", Norm.L1, 1.006)]
    [InlineData("deepfool", Norm.Linf, 1.0201)]
    [InlineData("deepfool", Norm.L2, 1.0201)]
    [InlineData("cw-l2", Norm.L2, 1.02)]
    public void Minimal_attacks_come_near_the_least_distance_and_not_below_it(string kind, Norm norm, double most)
    {
        using var scope = Scope.Enter();
        // C&W's steps have one length for all: it is tried on samples that lie ten times as far from the boundary.
        var model = new Linear(classes: 5, centre: kind == "cw-l2" ? 0 : 0.5);
        AttackOptions options = kind switch
        {
            "fab" => new FabOptions { Norm = norm, Eps = Of(1000), Steps = 30, StopAtSuccess = false },
            "fab-t" => new TargetedFabOptions { Norm = norm, Eps = Of(1000), Steps = 30, Targets = 4, StopAtSuccess = false },
            "deepfool" => new DeepFoolOptions { Norm = norm, Classes = 5, Kick = 0 },
            _ => new CarliniWagnerOptions { SearchSteps = 8, Steps = 100 },
        };
        var x = options.Build().Run(new Victim(model.Logits), model.X, model.Y, model.Draws).X;
        Assert.True(model.Logits(x).argmax(1).ne(model.Y).all().item<bool>());
        var size = (x - model.X).flatten(1).norm(norm switch { Norm.Linf => double.PositiveInfinity, Norm.L2 => 2, _ => 1 }, [1]);
        var ratio = size / model.Distance(norm);
        Assert.InRange(ratio.min().item<double>(), 1 - 1e-6, most);
        Assert.InRange(ratio.mean().item<double>(), 1, most);
    }

    public static TheoryData<string> Budgeted => AttackLaws.Budgeted;

    [Theory]
    [MemberData(nameof(Budgeted))]
    public void No_attack_breaks_a_sample_that_is_out_of_reach(string kind)
    {
        using var scope = Scope.Enter();
        var model = new Linear(classes: 5);
        var norm = Scene.NormOf(Scene.Options(kind));
        var distance = model.Distance(norm);
        var options = Scene.Options(kind, Of(distance.median(0).values.item<double>()));
        var outcome = options.Build().Run(new Victim(model.Logits), model.X, model.Y, model.Draws);
        var far = distance.gt(((BudgetedOptions)options).Eps.Value * (1 + 1e-9));
        Assert.False(outcome.Success.logical_and(far).any().item<bool>());
    }

    [Fact]
    public void One_fgsm_step_lowers_a_two_class_margin_by_eps_times_the_dual_norm()
    {
        using var scope = Scope.Enter();
        var model = new Linear(classes: 2);
        foreach (var (norm, dual) in new[] { (Norm.Linf, 1.0), (Norm.L2, 2.0) })
        {
            var attack = new FgsmOptions { Norm = norm, Eps = Budget.Parse("0.01"), StopAtSuccess = false }.Build();
            var x = attack.Run(new Victim(model.Logits), model.X, model.Y, model.Draws).X;
            var fall = Losses.Margin(model.Logits(x), model.Y) - Losses.Margin(model.Logits(model.X), model.Y);
            var w = (model.W[0] - model.W[1]).norm(dual).item<double>();
            Assert.True((fall - 0.01 * w).abs().max().item<double>() < 1e-9);
        }
    }

    [Fact]
    public void Fgsm_moves_every_inner_pixel_by_exactly_the_radius()
    {
        using var scope = Scope.Enter();
        var model = new Linear(classes: 3);
        var x = new FgsmOptions().Build().Run(new Victim(model.Logits), model.X, model.Y, model.Draws).X;
        Assert.True(((x - model.X).abs() - 8 / 255.0).abs().max().item<double>() < 1e-15);
    }

    private static Budget Of(double value) => Budget.Parse(value.ToString("R", System.Globalization.CultureInfo.InvariantCulture));

    private sealed class Linear
    {
        private readonly double _centre;

        public Linear(int classes, double centre = 0.5)
        {
            _centre = centre;
            var draws = new Rng(11).Draw("linear", Ops.arange(N), 0, DType.Float64);
            W = new Rng(12).Draw("weights", Ops.arange(classes), 0, DType.Float64).Normal("w", 1, Pixels);
            X = draws.Uniform("x", 0.4, 0.6, 3, 4, 4);
            Draws = draws.In("attack");
            Y = Logits(X).argmax(1);
        }

        public Tensor W { get; }

        public Tensor X { get; }

        public Tensor Y { get; }

        public Draws Draws { get; }

        public Tensor Logits(Tensor x) => x.flatten(1).sub(_centre).matmul(W.t());

        /// <summary>min over k of (z_y - z_k) / ||w_k - w_y||_q, q dual to the norm.</summary>
        public Tensor Distance(Norm norm)
        {
            var z = Logits(X);
            var gap = Losses.Pick(z, Y).unsqueeze(1) - z;
            var w = (W.unsqueeze(0) - W.index_select(0, Y).unsqueeze(1)).norm(norm switch { Norm.Linf => 1, Norm.L2 => 2, _ => double.PositiveInfinity }, [2]);
            return Ops.where(w.gt(0), gap / w, double.PositiveInfinity).amin(1);
        }
    }
}
