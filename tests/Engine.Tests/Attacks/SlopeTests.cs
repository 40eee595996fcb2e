using WebLab.Engine.Attacks;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;
using Xunit;

namespace WebLab.Engine.Tests.Attacks;

/// <summary>What a step of the unprojected attack goes along.</summary>
public sealed class SlopeTests
{
    [Fact]
    public void A_unit_step_has_the_length_of_the_step_and_a_raw_one_that_of_the_gradient_too()
    {
        using var scope = Scope.Enter();
        using var scene = new Scene();
        var options = new UnprojectedOptions { Start = Start.Zero, Steps = 1, StepSize = Budget.Parse("0.001"), StopAtSuccess = false };
        Tensor Step(Slope? slope) => scene.Run(options with { Slope = slope }).X - scene.X;
        var x = scene.X.detach().requires_grad_();
        var g = Grad.Of([Losses.CrossEntropy(scene.Network.Forward(x, Pass.Eval), scene.Y).sum()], [x])[0];
        // Image 0 is misclassified already; pixels at 0 and 1 cannot all move.
        var inner = scene.X.gt(0.01).logical_and(scene.X.lt(0.99)).logical_and(Ops.arange(Scene.N).gt(0).reshape(-1, 1, 1, 1)).to(DType.Float64);
        double Gap(Tensor a, Tensor b) => ((a - b) * inner).abs().max().item<double>();
        Assert.True(Gap(Step(Slope.Raw), g * 0.001) < 1e-9);
        Assert.True(Gap(Step(Slope.Unit), g / Projections.L2Norm(g) * 0.001) < 1e-9);
        Assert.True(Gap(Step(Slope.Sign), g.sign() * 0.001) < 1e-9);
        Assert.True(Step(null).equal(Step(Slope.Sign)));
    }

    [Fact]
    public void Steps_along_the_gradient_may_be_longer_than_the_radius()
    {
        var options = new UnprojectedOptions { StepSize = Budget.Parse("1") };
        Assert.Equal("stepSize", Assert.Single(options.Check()).Path);
        Assert.Empty((options with { Slope = Slope.Raw }).Check());
    }
}
