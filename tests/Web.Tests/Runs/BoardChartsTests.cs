using WebLab.Api.Runs;
using WebLab.Web.Parts;
using WebLab.Web.Runs;

namespace WebLab.Web.Tests.Runs;

public sealed class BoardChartsTests
{
    private static readonly BoardChart Accuracy = BoardCharts.Headline[0];

    [Fact]
    public void Alone_a_run_s_lines_differ_by_colour_among_others_by_dash()
    {
        var one = new BoardRun("one", "first");
        var two = new BoardRun("two", "second");
        var found = new Dictionary<string, RunMetrics> { ["one"] = Told("one"), ["two"] = Told("two") };

        var alone = BoardCharts.Lines(Accuracy, [one], found, Step);
        Assert.Equal([("clean", Tones.Clean), ("PGD-10", Tones.Robust)], alone.Select(l => (l.Name, l.Tone)));
        var both = BoardCharts.Lines(Accuracy, [one, two], found, Step);
        Assert.Equal(["first, clean", "first, PGD-10", "second, clean", "second, PGD-10"], both.Select(l => l.Name));
        Assert.Equal([0, 1, 0, 1], both.Select(l => l.Dash ?? -1));
        Assert.Equal(2, both.Select(l => l.Tone).Distinct().Count());
        Assert.All(both, l => Assert.Equal(l.Tone, l.Mark));
    }

    [Fact]
    public void The_raw_line_stays_faint_behind_the_smoothed()
    {
        var found = new Dictionary<string, RunMetrics> { ["one"] = new("one", 1, [new MetricView("train.loss", 2, 1, 2, 1, [1, 2], [1, 1], [0, 1], [2, null], [2, null])]) };

        var lines = BoardCharts.Lines(BoardCharts.Headline[1], [new BoardRun("one", "first")], found, Step);

        Assert.Equal([false, true], lines.Select(l => l.Faint));
        Assert.All(lines, l => Assert.True(double.IsNaN(l.Points[1].Y)));
    }

    [Fact]
    public void Other_metrics_are_offered_by_family_and_those_with_a_chart_are_not()
    {
        var others = BoardCharts.Others(["train.loss", "lr", "probe.clean", "system.cpu", "system.memory", "train.loss.ce", "train.loss.kl", "train.w.stem", "train.attackSteps"]);

        Assert.Equal(["Parts of the loss", "Learned strength by place", "train.attackSteps"], others.Select(c => c.Title));
    }

    [Fact]
    public void Runs_of_one_name_are_told_apart() =>
        Assert.Equal(["a (222222)", "a (333333)", "b"], BoardRun.Of([("id-222222", "a"), ("id-333333", "a"), ("id-444444", "b")]).Select(r => r.Name));

    private static double Step(RunMetrics run, MetricView series, int at) => series.Steps[at];

    private static RunMetrics Told(string id) => new(id, 1, [new("probe.clean", 1, 0.9, 0.9, 0.9, [4], [1], [1], [0.9]), new("probe.pgd10", 1, 0.4, 0.4, 0.4, [4], [1], [1], [0.4])]);
}
