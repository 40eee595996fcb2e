using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

public sealed class ScheduleTests
{
    private static double[] Factors(ScheduleOptions schedule, int epochs, int stepsPerEpoch) =>
        [.. Enumerable.Range(0, epochs * stepsPerEpoch).Select(s => schedule.Factor(new Place(s, stepsPerEpoch, epochs)))];

    [Fact]
    public void A_fraction_and_an_epoch_drop_at_the_same_step()
    {
        var byFraction = Factors(new PiecewiseOptions { Milestones = [0.5, 0.75] }, 8, 3);
        var byEpoch = Factors(new PiecewiseOptions { Milestones = [5, 7] }, 8, 3);
        Assert.Equal(byEpoch, byFraction);
        Assert.Equal([1, 0.1, 0.1, 0.01], new[] { byEpoch[11], byEpoch[12], byEpoch[17], byEpoch[18] }, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Milestones_must_rise() =>
        Assert.Equal("milestones", Assert.Single(new PiecewiseOptions { Milestones = [0.5, 0.5] }.Check()).Path);

    [Fact]
    public void One_cycle_starts_at_nothing_and_is_linear_on_both_sides()
    {
        var factors = Factors(new OneCycleOptions(), 2, 10);
        Assert.Equal(0, factors[0]);
        Assert.Equal(1, factors[10]);
        Assert.Equal(0.5, factors[5], 12);
        Assert.Equal(0.5, factors[15], 12);
    }

    [Fact]
    public void Cosine_is_at_half_in_the_middle_and_ends_at_the_floor()
    {
        var cosine = new CosineOptions { Floor = 0.1 };
        Assert.Equal(1, cosine.Factor(new Place(0, 10, 2)), 12);
        Assert.Equal(0.55, cosine.Factor(new Place(10, 10, 2)), 12);
        Assert.Equal(0.1, cosine.Factor(new Place(20, 10, 2)), 12);
    }

    [Fact]
    public void Exponential_falls_in_stairs_or_smoothly_from_the_start_of_the_run()
    {
        // 10 steps an epoch: a stair every 24 steps.
        var stairs = Factors(new ExponentialOptions(), 5, 10);
        Assert.Equal([1, 0.97, 0.97, 0.97 * 0.97], new[] { stairs[23], stairs[24], stairs[47], stairs[48] }, (a, b) => Math.Abs(a - b) < 1e-12);
        var smooth = Factors(new ExponentialOptions { Staircase = false }, 5, 10);
        Assert.Equal(Math.Sqrt(0.97), smooth[12], 12);
        Assert.Equal(0.97, smooth[24], 12);
    }

    [Fact]
    public void Exponential_warms_up_to_the_full_rate_and_then_stands_where_the_stairs_are()
    {
        // EfficientNet: 5 epochs of warm-up; two periods of 2.4 epochs have then passed.
        var factors = Factors(new ExponentialOptions { WarmupEpochs = 5, WarmupRule = WarmupRule.BelowFull }, 6, 10);
        Assert.Equal([0, 0.5, 0.98, 0.97 * 0.97], new[] { factors[0], factors[25], factors[49], factors[50] }, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Factors_hold_from_the_start_and_from_each_milestone_on()
    {
        var friendly = Factors(new PiecewiseOptions { Milestones = [60, 90, 110], Factors = [1, 0.1, 0.01, 0.005] }, 120, 1);
        Assert.Equal([1, 1, 0.1, 0.1, 0.01, 0.01, 0.005, 0.005], new[] { 1, 59, 60, 89, 90, 109, 110, 120 }.Select(epoch => friendly[epoch - 1]));
        var boundary = Factors(new PiecewiseOptions { Milestones = [2, 76, 91], Factors = [0.2, 1, 0.1, 0.01] }, 100, 2);
        Assert.Equal([0.2, 0.2, 1, 1, 0.1, 0.01], new[] { 0, 1, 2, 149, 150, 180 }.Select(step => boundary[step]));
    }

    [Fact]
    public void Factors_are_one_more_than_milestones()
    {
        var finding = Assert.Single(new PiecewiseOptions { Factors = [1, 0.1] }.Check());
        Assert.Equal("factors", finding.Path);
        Assert.Contains("wanted 3", finding.Message);
    }

    [Fact]
    public void Warm_up_can_start_at_exactly_nothing()
    {
        var released = Factors(new ConstantOptions { WarmupEpochs = 1, WarmupRule = WarmupRule.ZeroToFull }, 2, 5);
        Assert.Equal([0, 0.25, 0.5, 0.75, 1, 1], released[..6]);
        var below = Factors(new ConstantOptions { WarmupEpochs = 1, WarmupRule = WarmupRule.BelowFull }, 2, 5);
        Assert.Equal([0, 0.2, 0.4, 0.6, 0.8, 1], below[..6], (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Theory]
    [InlineData(WarmupRule.PastZero)]
    [InlineData(WarmupRule.BelowFull)]
    [InlineData(WarmupRule.ZeroToFull)]
    public void A_warm_up_of_a_part_of_a_step_stays_in_bounds(WarmupRule rule) =>
        Assert.All(Factors(new ConstantOptions { WarmupEpochs = 0.31, WarmupRule = rule }, 2, 3), f => Assert.InRange(f, 0, 1));

    [Fact]
    public void Warm_up_rises_linearly_to_the_full_rate()
    {
        var factors = Factors(new ConstantOptions { WarmupEpochs = 2 }, 4, 2);
        Assert.Equal([0.25, 0.5, 0.75, 1, 1, 1, 1, 1], factors);
    }
}
