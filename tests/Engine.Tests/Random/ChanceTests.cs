using WebLab.Engine.Random;

namespace WebLab.Engine.Tests.Random;

public class ChanceTests
{
    private const int Many = 40_000;

    [Fact]
    public void The_numbers_follow_from_seed_name_sample_and_step()
    {
        var first = Made(1, "a", 2, 3);
        Assert.Equal(first, Made(1, "a", 2, 3));
        Assert.All([Made(2, "a", 2, 3), Made(1, "b", 2, 3), Made(1, "a", 3, 3), Made(1, "a", 2, 4)], other => Assert.NotEqual(first, other));

        static double[] Made(ulong seed, string name, long sample, long step)
        {
            var chance = new Rng(seed).Chance(name, sample, step);
            return [.. Enumerable.Range(0, 9).Select(_ => chance.Uniform())];
        }
    }

    [Fact]
    public void Uniform_numbers_fill_their_range()
    {
        var chance = new Rng(1).Chance("uniform", 0);
        double[] drawn = [.. Enumerable.Range(0, Many).Select(_ => chance.Uniform(-2, 3))];
        Assert.All(drawn, v => Assert.InRange(v, -2, 3));
        Assert.InRange(drawn.Average(), .45, .55);
        Assert.InRange(drawn.Count(v => v < -1), Many / 5 - 400, Many / 5 + 400);
    }

    [Fact]
    public void Whole_numbers_leave_the_upper_end_out()
    {
        var chance = new Rng(1).Chance("integer", 0);
        var drawn = Enumerable.Range(0, Many).CountBy(_ => chance.Integer(-2, 2)).ToDictionary();
        Assert.Equal([-2, -1, 0, 1], drawn.Keys.Order());
        Assert.All(drawn.Values, count => Assert.InRange(count, Many / 4 - 400, Many / 4 + 400));
    }

    [Fact]
    public void Normal_numbers_have_mean_0_deviation_1_and_thin_tails()
    {
        var chance = new Rng(1).Chance("normal", 0);
        double[] drawn = [.. Enumerable.Range(0, Many).Select(_ => chance.Normal())];
        Assert.InRange(drawn.Average(), -.02, .02);
        Assert.InRange(drawn.Average(v => v * v), .97, 1.03);
        Assert.InRange(drawn.Average(v => v * v * v * v), 2.8, 3.2);
    }

    [Theory, InlineData(.3), InlineData(4), InlineData(60), InlineData(500)]
    public void Counts_have_their_mean_as_mean_and_variance(double mean)
    {
        var chance = new Rng(1).Chance("poisson", 0);
        int[] drawn = [.. Enumerable.Range(0, Many / 4).Select(_ => chance.Poisson(mean))];
        Assert.InRange(drawn.Average(), mean - .05 * Math.Sqrt(mean), mean + .05 * Math.Sqrt(mean));
        Assert.InRange(drawn.Average(k => (k - mean) * (k - mean)) / mean, .93, 1.07);
    }

    [Fact]
    public void No_light_gives_no_count() => Assert.Equal(0, new Rng(1).Chance("dark", 0).Poisson(0));
}
