using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Methods;

/// <summary>Free and fast adversarial training.</summary>
public sealed class CheapTests
{
    [Fact]
    public void The_perturbation_of_free_training_keeps_radius_and_pixel_range()
    {
        using var scope = Scope.Enter();
        using var bench = new Bench(new FreeOptions { Replays = 3 });
        for (var step = 0; step < 3; step++)
        {
            bench.Step(step);
            var delta = bench.Method.State[0].Value;
            Assert.Equal(8 / 255.0, delta.abs().max().item<double>(), 12);
            Assert.InRange((bench.X + delta).min().item<double>(), -1e-15, 1);
            Assert.InRange((bench.X + delta).max().item<double>(), 0, 1 + 1e-15);
        }
    }

    [Fact]
    public void Fast_training_stays_in_the_ball_though_its_step_is_longer()
    {
        using var scope = Scope.Enter();
        var options = new FastOptions();
        var attack = Assert.IsType<RandomStartFgsmOptions>(options.Attack);
        Assert.True(attack.StepSize.Value > attack.Eps.Value);
        using var bench = new Bench(options) { Watched = true };
        bench.Step(0);
        var moved = Tensor.From(bench.Attacked!, Bench.N, 3, 8, 8) - Architectures.Images(Bench.N, 8);
        Assert.Equal(attack.Eps.Value, moved.abs().max().item<double>(), 6);
    }
}
