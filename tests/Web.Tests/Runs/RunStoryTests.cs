using System.Text.Json;
using WebLab.Api.Queue;
using WebLab.Engine.Jobs;
using WebLab.Web.Parts;
using WebLab.Web.Runs;

namespace WebLab.Web.Tests.Runs;

public sealed class RunStoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly RunStory _story = new();

    [Fact]
    public void An_event_that_was_taken_is_not_taken_again()
    {
        Take(1, new LogLine("info", "one"));
        Take(1, new LogLine("info", "one"));

        Assert.Single(_story.Log);
        Assert.Equal(1, _story.Seq);
    }

    [Fact]
    public void Progress_is_shown_but_not_counted()
    {
        Take(0, new StepProgress(1, 2, 3, 4, 0.5, 0.1, 100, 60));

        Assert.Equal(3, _story.Progress!.Step);
        Assert.Equal(0, _story.Seq);
    }

    [Fact]
    public void The_probe_s_attack_is_the_robust_line_whatever_its_name()
    {
        Take(1, new ProbeCompleted(1, 10, 256, 1, new Dictionary<string, double> { ["probe.clean"] = 0.7, ["probe.apgd20"] = 0.4 }));

        Assert.Equal(new ChartPoint(1, 0.7), Assert.Single(_story.Clean.Points));
        Assert.Equal(new ChartPoint(1, 0.4), Assert.Single(_story.Robust.Points));
    }

    [Fact]
    public void A_corruption_is_noted_once_it_has_seen_every_image()
    {
        Take(1, new CorruptionResult("fog", [1, 5], 10, 20, [0.9, 0.5], 1));
        Take(2, new CorruptionResult("fog", [1, 5], 20, 20, [0.95, 0.55], 2));

        Assert.Equal("fog: 95.0\u00a0%, 55.0\u00a0% at severities 1, 5", Assert.Single(_story.Log).Text);
    }

    [Fact]
    public void A_radius_of_a_curve_is_noted_once_it_is_through()
    {
        Take(1, new CurveResult("4/255", 10, 20, 0.5, 0.3, 0.7, 1));
        Take(2, new CurveResult("4/255", 20, 20, 0.45, 0.25, 0.65, 2, Audit: true));

        Assert.Equal("within 4/255, afresh: 45.0\u00a0%", Assert.Single(_story.Log).Text);
        Assert.Equal("4/255", _story.Curve!.Radius);
    }

    [Fact]
    public void A_resumed_attempt_replaces_the_epochs_it_repeats()
    {
        for (var epoch = 1; epoch <= 3; epoch++) Take(epoch, Probe(epoch, 0.1 * epoch));

        Take(4, Probe(2, 0.9));

        Assert.Equal([1, 2], _story.Probes.Select(p => p.Epoch));
        Assert.Equal([0.1, 0.9], _story.Clean.Points.Select(p => p.Y));
    }

    [Fact]
    public void Strengths_become_lines_over_epochs_whoever_learns_them()
    {
        for (var epoch = 1; epoch <= 2; epoch++)
            Take(epoch, new EpochCompleted(epoch, 2, epoch, 1, 1, new Dictionary<string, double> { ["train.loss"] = 1, ["train.w.stem"] = 0.1 * epoch, ["train.w.layer4"] = 1 - 0.1 * epoch }));

        Assert.Equal(["stem", "layer4"], _story.Strengths.Select(l => l.Name));
        Assert.Equal([new(1, 0.1), new(2, 0.2)], _story.Strengths[0].Points);
        Assert.Equal([0, 1], _story.Strengths.Select(l => l.Tone));
    }

    [Fact]
    public void Metrics_become_lines_over_steps()
    {
        Take(1, new MetricsPoint(10, 1, new Dictionary<string, double> { ["train.loss"] = 2, ["lr"] = 0.1 }));
        Take(2, new MetricsPoint(20, 1, new Dictionary<string, double> { ["train.loss"] = 1, ["lr"] = 0.1 }));

        Assert.Equal([new(10, 2), new(20, 1)], _story.Lines["train.loss"].Points);
    }

    [Fact]
    public void A_long_log_keeps_its_end()
    {
        for (var i = 1; i <= RunStory.MostLogLines + 100; i++) Take(i, new LogLine("info", $"line {i}"));

        Assert.InRange(_story.Log.Count, RunStory.MostLogLines / 2, RunStory.MostLogLines);
        Assert.Equal($"line {RunStory.MostLogLines + 100}", _story.Log[^1].Text);
    }

    private static ProbeCompleted Probe(int epoch, double clean) => new(epoch, epoch, 256, 1, new Dictionary<string, double> { ["probe.clean"] = clean });

    [Fact]
    public void A_run_that_loses_its_robustness_is_told_of_and_a_resumed_one_is_judged_anew()
    {
        for (var e = 1; e <= 12; e++)
            Take(e, new ProbeCompleted(e, e, 256, 1, new Dictionary<string, double> { ["probe.clean"] = 0.8, ["probe.pgd10"] = e <= 10 ? 0.45 : 0.02 }));

        Assert.Equal((WebLab.Engine.Training.Overfit.Catastrophic, 12), (_story.Overfitting!.Kind, _story.Overfitting.Epoch));

        Take(13, new ProbeCompleted(10, 10, 256, 1, new Dictionary<string, double> { ["probe.clean"] = 0.8, ["probe.pgd10"] = 0.44 }));
        Assert.Null(_story.Overfitting);
    }

    private void Take(long seq, EventData data) =>
        _story.Take(new RunEvent(seq, Noon, 1, data.Type, JsonSerializer.SerializeToElement(data, data.GetType(), JobJson.Options)));
}
