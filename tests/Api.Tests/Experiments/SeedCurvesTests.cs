using WebLab.Api.Experiments;
using WebLab.Api.Tests.Http;
using Xunit;

namespace WebLab.Api.Tests.Experiments;

public sealed class SeedCurvesTests
{
    [Fact]
    public void Every_seed_that_has_reached_an_epoch_counts()
    {
        var curve = SeedCurves.Together("probe.clean", [new SeedLine("a", 0, [1, 2, 3], [0.1, 0.2, 0.3]), new SeedLine("b", 1, [1, 3], [0.3, 0.3]), new SeedLine("c", 2, [1], [0.2])]);
        Assert.Equal([1, 2, 3], curve.Epochs);
        Assert.Equal([3, 1, 2], curve.Count);
        Assert.Equal([0.2, 0.2, 0.3], curve.Mean.Select(m => Math.Round(m, 12)));
        Assert.Equal([0.1, null, 0], curve.Deviation.Select(d => d is { } known ? Math.Round(known, 12) : (double?)null));
    }

    [Fact]
    public void The_deviation_of_nearly_equal_values_is_not_lost_in_rounding()
    {
        var spread = Spread.Of([1e6 + 0.1, 1e6 + 0.2, 1e6 + 0.3])!;
        Assert.Equal(0.1, spread.Deviation!.Value, 6);
        Assert.Equal(0, Spread.Of([0.83, 0.83, 0.83])!.Deviation!.Value, 12);
        Assert.Null(Spread.Of([null, null]));
    }

    [Fact]
    public async Task An_experiment_without_points_has_empty_curves_and_a_stranger_none()
    {
        using var bench = new Bench();
        var client = await bench.Client();
        var id = await bench.Make(client, "one", [0.5]);
        var curves = await client.GetAsync($"/api/v1/experiments/{id}/curves?keys=probe.clean", TestContext.Current.CancellationToken).Json();
        Assert.Empty(curves["curves"]![0]!["epochs"]!.AsArray());
        await client.GetAsync("/api/v1/experiments/none/curves", TestContext.Current.CancellationToken).Refused(404, "not-found");
        await client.GetAsync($"/api/v1/experiments/{id}/curves?keys={string.Join(',', Enumerable.Range(0, 21))}", TestContext.Current.CancellationToken).Refused(400, "validation");
    }
}
