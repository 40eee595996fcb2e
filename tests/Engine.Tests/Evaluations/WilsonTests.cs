using WebLab.Engine.Evaluations;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class WilsonTests
{
    // statsmodels.stats.proportion.proportion_confint(k, n, method="wilson")
    [Theory]
    [InlineData(5, 10, 0.236593090511256, 0.763406909488744)]
    [InlineData(0, 10, 0, 0.277532799862889)]
    [InlineData(10, 10, 0.722467200137111, 1)]
    public void Agrees_with_published_values(int k, int n, double low, double high)
    {
        var interval = Interval.Wilson(k, n);
        Assert.Equal(low, interval.Low, 9);
        Assert.Equal(high, interval.High, 9);
    }

    [Fact]
    public void Nothing_seen_says_nothing() => Assert.Equal((0.0, 1.0), (Interval.Wilson(0, 0).Low, Interval.Wilson(0, 0).High));

    [Fact]
    public void The_rate_lies_inside_and_more_trials_narrow_it()
    {
        for (var n = 1; n < 60; n++)
            for (var k = 0; k <= n; k++)
            {
                var (one, ten) = (Interval.Wilson(k, n), Interval.Wilson(10 * k, 10 * n));
                Assert.InRange(one.Rate, one.Low, one.High);
                Assert.True(ten.High - ten.Low < one.High - one.Low);
            }
    }
}
