using WebLab.Engine.Attacks;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Web.Evaluations;

namespace WebLab.Web.Tests.Evaluations;

public sealed class WaterfallTests
{
    private static readonly IReadOnlyList<AttackOptions> Battery = [new FgsmOptions(), new PgdOptions { Steps = 10 }];

    [Fact]
    public void Rows_wait_until_there_is_news()
    {
        var fall = Waterfall.Of(Battery, [], over: false);
        Assert.Equal([RowState.Waiting, RowState.Waiting, RowState.Waiting], fall.Rows.Select(r => r.State));
        Assert.Null(fall.SecondsLeft);
    }

    [Fact]
    public void An_attack_on_what_is_left_takes_from_that()
    {
        var fall = Waterfall.Of(Battery, [News("clean", 100, 100, 0.8), News("fgsm", 80, 80, 0.5), News("pgd10", 10, 50, 0.47)], over: false);
        Assert.Equal([RowState.Done, RowState.Done, RowState.Working], fall.Rows.Select(r => r.State));
        Assert.Equal([(100L, 20L), (80L, 30L), (50L, 3L)], fall.Rows.Select(r => (r.Given!.Value, r.Broke!.Value)));
        Assert.Equal([(1.0, 0.8), (0.8, 0.5), (0.5, 0.47)], fall.Rows.Select(r => (r.Before, r.Left!.Accuracy)));
    }

    [Fact]
    public void An_attack_on_all_images_may_leave_more_than_the_one_before()
    {
        var fall = Waterfall.Of(Battery, [News("clean", 100, 100, 0.8), News("fgsm", 80, 80, 0.5), News("pgd10", 80, 80, 0.6)], over: false);
        Assert.Equal([(80L, 30L), (80L, 20L)], fall.Rows.Skip(1).Select(r => (r.Given!.Value, r.Broke!.Value)));
    }

    [Fact]
    public void An_attack_that_nothing_is_left_for_is_through()
    {
        var fall = Waterfall.Of(Battery, [News("clean", 100, 100, 0.8), News("fgsm", 80, 80, 0), News("pgd10", 0, 0, 0)], over: false);
        Assert.Equal((RowState.Done, 0L, 0L), (fall.Rows[2].State, fall.Rows[2].Given!.Value, fall.Rows[2].Broke!.Value));
        Assert.Null(fall.SecondsLeft);
    }

    [Fact]
    public void The_time_left_follows_from_the_pace_and_the_steps_to_come()
    {
        // Clean: 100 forward passes in 1 s. FGSM: 40 of 80 images, 40 forward and 40 backward, in 1.2 s.
        var fall = Waterfall.Of(Battery, [News("clean", 100, 100, 0.8, seconds: 1, forward: 100), News("fgsm", 40, 80, 0.6, seconds: 1.2, forward: 40, backward: 40)], over: false);
        var pace = 2.2 / (100 + 40 + 2 * 40);
        // 40 images of FGSM, then PGD-10 on the 60 that stand so far: 10 steps, a backward pass costing two forward passes.
        Assert.Equal(1.2 + 60 * 30 * pace, fall.SecondsLeft!.Value, 9);
        Assert.Null(Waterfall.Of(Battery, [News("clean", 100, 100, 0.8, seconds: 1, forward: 100)], over: true).SecondsLeft);
    }

    [Fact]
    public void In_the_end_rows_are_those_of_the_single_images()
    {
        bool[] all = [true, true, true, true];
        AttackOutcomes Attack(string name, bool[] broken) => new(name, all, broken, new bool[4], [1, 1, 1, 1], new float[4], new float[4], new float[4], new long[4], new long[4]);
        var statistics = EvaluationStatistics.Of(new Outcomes([0, 1, 2, 3], [0, 0, 0, 0], [0, 0, 0, 1], [Attack("fgsm", [true, false, false, true]), Attack("pgd10", [true, true, false, true])]), []);
        var fall = Waterfall.Of(Battery, [News("clean", 4, 4, 0.75), News("fgsm", 3, 3, 0.5), News("pgd10", 3, 3, 0.25)], over: true, statistics);
        Assert.Equal([(4L, 1L, 1L, 3L), (3L, 1L, 1L, 2L), (3L, 2L, 1L, 1L)], fall.Rows.Select(r => (r.Given!.Value, r.Broke!.Value, r.News!.Value, r.Left!.Right)));
        Assert.Equal([1, 0.75, 0.5], fall.Rows.Select(r => r.Before));
    }

    private static AttackResult News(string attack, int done, int total, double accuracy, double seconds = 0, long forward = 0, long backward = 0) =>
        new(attack, done, total, accuracy, 0, 1, seconds, forward, backward);
}
