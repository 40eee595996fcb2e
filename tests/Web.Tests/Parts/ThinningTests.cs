using WebLab.Web.Parts;

namespace WebLab.Web.Tests.Parts;

public sealed class ThinningTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(123_457)]
    public void A_thinned_line_keeps_ends_extremes_and_order(int count)
    {
        var points = Enumerable.Range(0, count).Select(i => new ChartPoint(i, Math.Sin(i * 0.01))).ToList();
        points[count / 2] = new ChartPoint(count / 2, 7);
        points[count / 3] = new ChartPoint(count / 3, -7);

        var thinned = Thinning.Reduce(points, 1000);

        Assert.True(thinned.Count <= 1000);
        Assert.Equal(points[0], thinned[0]);
        Assert.Equal(points[^1], thinned[^1]);
        Assert.Contains(thinned, p => p.Y == 7);
        Assert.Contains(thinned, p => p.Y == -7);
        Assert.Equal(thinned.Select(p => p.X).Order().Distinct(), thinned.Select(p => p.X));
    }

    [Fact]
    public void Points_of_a_resumed_run_replace_those_they_repeat()
    {
        var line = new ChartLine("loss", 0);
        for (var step = 1; step <= 5; step++) line.Add(step, step);

        line.Add(3, 30);
        line.Add(4, 40);

        Assert.Equal([new(1, 1), new(2, 2), new(3, 30), new(4, 40)], line.Points);
        Assert.Equal(1, line.Revision);
    }
}
