using WebLab.Engine.Attacks;
using WebLab.Engine.Methods;
using WebLab.Engine.Random;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

public sealed class MixupTests
{
    [Fact]
    public void Every_image_is_mixed_with_one_partner_by_the_share_of_its_batch()
    {
        using var scope = Scope.Enter();
        var rng = new Rng(4);
        var samples = Ops.arange(6);
        var x = rng.Draw("images", samples, 0).Uniform("x", 0, 1, 3, 4, 4);
        var (mixed, mixture) = Mixup.Apply(x, samples, 0.4, rng.Draw("mixup", samples, 9));
        var partners = mixture.Labels.ToArray<long>();
        Assert.Equal([0, 1, 2, 3, 4, 5], partners.Order());
        Assert.InRange(mixture.Share, 0.5, 1);
        for (var k = 0; k < 6; k++)
            Assert.Equal(((x[k] * mixture.Share) + (x[partners[k]] * (1 - mixture.Share))).ToArray<float>(), mixed[k].ToArray<float>(), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.True(mixed.equal(Mixup.Apply(x, samples, 0.4, rng.Draw("mixup", samples, 9)).X));
        Assert.False(mixed.equal(Mixup.Apply(x, samples, 0.4, rng.Draw("mixup", samples, 10)).X));
    }

    // E max(l, 1 - l), l ~ Beta(a, a): 3/4 for a = 1, 11/16 for a = 2, 1/2 + 1/pi for a = 1/2; tends to 1 with a to 0.
    [Theory]
    [InlineData(2, 0.6875)]
    [InlineData(1, 0.75)]
    [InlineData(0.5, 0.81830988618)]
    [InlineData(0.001, 0.9993)]
    public void The_share_is_the_larger_part_of_a_beta_draw(double alpha, double mean)
    {
        using var scope = Scope.Enter();
        var rng = new Rng(1);
        var shares = Enumerable.Range(0, 4000).Select(step => Mixup.Share(alpha, rng.Draw("mixup", step))).ToArray();
        Assert.All(shares, s => Assert.InRange(s, 0.5, 1));
        Assert.Equal(mean, shares.Average(), 0.01);
    }

    [Theory]
    [InlineData(0.1, null, "training.labelSmoothing")]
    [InlineData(0, 0.2, "training.mixup")]
    public void A_method_that_needs_hard_labels_refuses_soft_ones(double smoothing, double? mixup, string path)
    {
        var soft = new TrainingSection { LabelSmoothing = smoothing, Mixup = mixup };
        var finding = Assert.Single((SmallRun.Recipe(new MartOptions()) with { Training = soft }).Check());
        Assert.Equal(path, finding.Path);
        Assert.Contains("'mart'", finding.Message, StringComparison.Ordinal);
        Assert.Empty((SmallRun.Recipe(new TradesOptions()) with { Training = soft }).Check());
    }

    [Fact]
    public void Masks_by_label_refuse_mixed_images_alone()
    {
        var recipe = SmallRun.Recipe(new AgainOptions { Attack = new PgdOptions { Start = Start.Gauss } });
        Assert.Empty((recipe with { Training = new TrainingSection { LabelSmoothing = 0.1 } }).Check());
        Assert.Equal("training.mixup", Assert.Single((recipe with { Training = new TrainingSection { Mixup = 1 } }).Check()).Path);
    }
}
