using FsCheck;
using FsCheck.Fluent;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using Xunit;

namespace WebLab.Api.Tests.Runs;

/// <summary>Laws of smoothing and thinning, over series that chance makes: gaps, spikes and constants among them.</summary>
public sealed class SmoothingTests
{
    private static readonly Gen<double> Value = Gen.Frequency(
        (8, ArbMap.Default.GeneratorFor<NormalFloat>().Select(v => Math.Clamp(v.Get, -1e6, 1e6))), (1, Gen.Constant(double.NaN)), (1, Gen.Constant(double.PositiveInfinity)));

    private static readonly Gen<(double[] Values, double Weight)> Series =
        from values in Gen.ArrayOf(Value)
        from weight in Gen.Elements(0, 0.1, 0.5, 0.9, 0.99, Smoothing.Most)
        select (values, weight);

    private static void Holds(Func<(double[] Values, double Weight), bool> law) => Check.QuickThrowOnFailure(Prop.ForAll(Series.ToArbitrary(), law));

    [Fact]
    public void Weight_nothing_leaves_every_bit() =>
        Holds(s => Smoothing.Debiased(s.Values, 0).Zip(s.Values).All(p => BitConverter.DoubleToInt64Bits(p.First) == BitConverter.DoubleToInt64Bits(p.Second)));

    [Fact]
    public void A_later_point_never_changes_an_earlier_one() => Holds(s =>
    {
        var whole = Smoothing.Debiased(s.Values, s.Weight);
        return Enumerable.Range(0, s.Values.Length + 1).All(n => Smoothing.Debiased(s.Values[..n], s.Weight).SequenceEqual(whole[..n]));
    });

    [Fact]
    public void A_constant_stays_what_it_is() => Holds(s =>
    {
        var level = s.Values.FirstOrDefault(double.IsFinite);
        return Smoothing.Debiased([.. s.Values.Select(v => double.IsFinite(v) ? level : v)], s.Weight).Where(double.IsFinite).All(v => v == level);
    });

    [Fact]
    public void Gaps_stay_where_they_are_and_do_not_count() => Holds(s =>
    {
        var smooth = Smoothing.Debiased(s.Values, s.Weight);
        return smooth.Zip(s.Values).All(p => double.IsFinite(p.First) == double.IsFinite(p.Second))
            && smooth.Where(double.IsFinite).SequenceEqual(Smoothing.Debiased([.. s.Values.Where(double.IsFinite)], s.Weight));
    });

    [Fact]
    public void A_smooth_point_lies_between_the_extremes_so_far() => Holds(s =>
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var (smooth, raw) in Smoothing.Debiased(s.Values, s.Weight).Zip(s.Values).Where(p => double.IsFinite(p.Second)))
        {
            (low, high) = (Math.Min(low, raw), Math.Max(high, raw));
            var slack = 1e-12 * Math.Max(Math.Abs(low), Math.Abs(high));
            if (smooth < low - slack || smooth > high + slack) return false;
        }

        return true;
    });

    [Fact]
    public void It_is_the_exponential_average_divided_by_its_weights() => Holds(s =>
    {
        double average = 0, product = 1;
        foreach (var (smooth, raw) in Smoothing.Debiased(s.Values, s.Weight).Zip(s.Values).Where(p => double.IsFinite(p.Second)))
        {
            (average, product) = (s.Weight * average + (1 - s.Weight) * raw, product * s.Weight);
            if (Math.Abs(smooth - average / (1 - product)) > 1e-6 * (1 + s.Values.Where(double.IsFinite).Max(Math.Abs))) return false;
        }

        return true;
    });

    [Fact]
    public void Thinning_keeps_the_limit_the_ends_the_order_and_the_extremes()
    {
        var made = from values in Gen.ArrayOf(Value) from most in Gen.Choose(5, 40) select (Values: values, Most: most);
        Check.QuickThrowOnFailure(Prop.ForAll(made.ToArbitrary(), m =>
        {
            var points = m.Values.Select((v, i) => new MetricPoint(i, 1, i, (float)v)).ToList();
            var thin = MetricService.Thinned(points, m.Most);
            var real = points.Select(p => p.Value).Where(v => !float.IsNaN(v)).ToList();
            return thin.Count <= m.Most && thin.Zip(thin.Skip(1)).All(p => p.First.Step < p.Second.Step)
                && (points.Count == 0 || (thin[0] == points[0] && thin[^1] == points[^1]))
                && (real.Count == 0 || (thin.Any(p => p.Value == real.Max()) && thin.Any(p => p.Value == real.Min())))
                && points.Exists(p => float.IsNaN(p.Value)) == thin.Any(p => float.IsNaN(p.Value));
        }));
    }

    [Fact]
    public void Two_points_are_the_ends()
    {
        var points = Enumerable.Range(0, 50).Select(i => new MetricPoint(i, 1, i, i)).ToList();
        Assert.Equal([0, 49], MetricService.Thinned(points, 2).Select(p => p.Step));
        Assert.Equal([0, 49], MetricService.Thinned(points, 3).Select(p => p.Step));
    }
}
