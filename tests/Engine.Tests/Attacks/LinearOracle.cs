using WebLab.Engine.Attacks;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;
using Xunit;

namespace WebLab.Engine.Tests.Attacks;

/// <summary>Linear models z = Wx + b near x = 0.5, where the box is inactive and the least perturbation is known in closed form.</summary>
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
        public Linear(int classes)
        {
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

        public Tensor Logits(Tensor x) => x.flatten(1).matmul(W.t());

        /// <summary>min over k of (z_y - z_k) / ||w_k - w_y||_q, q dual to the norm.</summary>
        public Tensor Distance(Norm norm)
        {
            var z = Logits(X);
            var gap = Losses.Pick(z, Y).unsqueeze(1) - z;
            var w = (W.unsqueeze(0) - W.index_select(0, Y).unsqueeze(1)).norm(norm == Norm.Linf ? 1 : 2, 2);
            return Ops.where(w.gt(0), gap / w, double.PositiveInfinity).amin(1);
        }
    }
}
