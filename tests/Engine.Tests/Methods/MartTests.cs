using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Random;
using WebLab.Engine.Tests.Nets;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Methods;

/// <summary>What MART's loss becomes without its parts, and the numbers that its formula promises.</summary>
public sealed class MartTests
{
    private const int N = 8;

    private static readonly PgdOptions gauss = new() { Steps = 2, Start = Start.Gauss };

    [Fact]
    public void Without_margin_and_weight_it_is_adversarial_training()
    {
        using var scope = Scope.Enter();
        using var network = Architectures.Fresh("tinycnn");
        var lesson = Lesson(network);
        var (mart, pgd) = (new Mart(new MartOptions { Attack = gauss }, beta: 0), new PgdAt(new PgdAtOptions { Attack = gauss }));
        var adversarial = mart.Craft(lesson);
        Assert.True(adversarial.equal(pgd.Craft(lesson)));
        var z = network.Forward(adversarial, lesson.TrainingPass);
        var margin = (Mart.BoostedCrossEntropy(z, lesson.Y) - Losses.CrossEntropy(z, lesson.Y)).mean();
        Same(lesson, pgd.LossOn(lesson, adversarial, lesson.TrainingPass), mart.LossOn(lesson, adversarial, lesson.TrainingPass) - margin);
    }

    [Fact]
    public void Again_on_mart_without_margin_and_weight_is_again()
    {
        using var scope = Scope.Enter();
        var options = new AgainOptions { Attack = gauss, Fusion = false };
        using var network = Architectures.Fresh("tinycnn", method: options);
        var lesson = Lesson(network);
        var (mart, plain) = (new Again(options with { Loss = InnerLoss.Mart, Beta = 0 }, network, [N, 3, 8, 8]), new Again(options, network, [N, 3, 8, 8]));
        var adversarial = mart.Craft(lesson);
        var pass = lesson.TrainingPass with { Masking = new Masking.Labelled(options.Alpha) };
        var margin = network.Heads(adversarial, pass).Select(z => (Mart.BoostedCrossEntropy(z, lesson.Y) - Losses.CrossEntropy(z, lesson.Y)).mean()).Aggregate((a, b) => a + b);
        Same(lesson, plain.LossOn(lesson, adversarial, lesson.TrainingPass), mart.LossOn(lesson, adversarial, lesson.TrainingPass) - margin);
    }

    [Fact]
    public void The_weighted_divergence_is_nothing_without_an_attack_and_next_to_nothing_for_sure_predictions()
    {
        using var scope = Scope.Enter();
        var y = Tensor.From<long>([0, 1], 2);
        var clean = Tensor.From(new double[] { 40, 0, 0, 0, 40, 0 }, 2, 3);
        var attacked = Tensor.From(new double[] { 0, 3, 1, 2, -1, 4 }, 2, 3);
        // The 1e-12 within the logarithm alone is left.
        Assert.InRange(Mart.WeightedKl(attacked, attacked, y).abs().max().item<double>(), 0, 1e-10);
        Assert.InRange(Mart.WeightedKl(clean, attacked, y).abs().max().item<double>(), 0, 1e-5);
        Assert.True(Mart.WeightedKl(attacked, clean, y).min().item<double>() > 0.1);
    }

    [Fact]
    public void The_boosted_cross_entropy_has_the_stated_values()
    {
        using var scope = Scope.Enter();
        var y = Tensor.From<long>([3], 1);
        Assert.Equal(2.407835, Mart.BoostedCrossEntropy(Ops.zeros([1, 10], DType.Float64), y).item<double>(), 6);
        var sure = Ops.zeros([1, 10], DType.Float64).scatter(1, Tensor.From<long>([5], 1).unsqueeze(1), 200);
        var term = (Mart.BoostedCrossEntropy(sure, y) - Losses.CrossEntropy(sure, y)).item<double>();
        Assert.Equal(-Math.Log(1e-4), term, 3);
        var right = (Mart.BoostedCrossEntropy(sure, Tensor.From<long>([5], 1)) - Losses.CrossEntropy(sure, Tensor.From<long>([5], 1))).item<double>();
        Assert.Equal(-Math.Log(1.0001), right, 9);
    }

    private static void Same(Lesson lesson, Tensor want, Tensor got)
    {
        Assert.Equal(want.item<double>(), got.item<double>(), 9);
        var parameters = lesson.Network.Parameters.Select(p => p.Slot.Value).ToArray();
        var (a, b) = (Grad.Of([want], parameters), Grad.Of([got], parameters, allowUnused: true));
        Assert.All(a.Zip(b), p => Assert.True((p.First - p.Second).abs().max().item<double>() < 1e-9));
        Assert.Contains(a, g => g.abs().max().item<double>() > 1e-3);
    }

    // The optimiser is not used.
    private static Lesson Lesson(Network network) => new()
    {
        X = Architectures.Images(N, 8),
        Y = Architectures.Labels(N),
        Draws = new Rng(5).Draw("method", Ops.arange(N), 0, DType.Float64),
        Network = network,
        Optimizer = new SgdOptions { Momentum = 0 }.Build(network.Parameters),
        Lr = _ => 0.1,
    };
}
