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
    public void Warm_up_rises_linearly_to_the_full_rate()
    {
        var factors = Factors(new ConstantOptions { WarmupEpochs = 2 }, 4, 2);
        Assert.Equal([0.25, 0.5, 0.75, 1, 1, 1, 1, 1], factors);
    }
}
