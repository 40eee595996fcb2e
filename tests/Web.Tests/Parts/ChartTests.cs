using FsCheck;
using FsCheck.Fluent;
using WebLab.Web.Parts;

namespace WebLab.Web.Tests.Parts;

public sealed class ChartTests
{
    [Fact]
    public void A_table_has_a_row_for_each_x_and_leaves_gaps_empty()
    {
        var (a, b) = (new ChartLine("a", 0), new ChartLine("b", 1));
        a.Replace([new(1, 10), new(2, double.NaN), new(3, 30)]);
        b.Replace([new(2, 0.5)]);

        Assert.Equal([(1.0, 10.0, null), (2.0, null, 0.5), (3.0, 30.0, null)], ChartTable.Rows([a, b]).Select(r => (r.X, r.Y[0], r.Y[1])));
        Assert.Equal("step,a,b\r\n1,10,\r\n2,,0.5\r\n3,30,\r\n", ChartTable.Csv("step", [a, b]));
    }

    [Fact]
    public void A_sketch_fills_the_picture_between_round_numbers_and_breaks_at_gaps()
    {
        Assert.Equal([["0,0", "500,1000 1000,500"], []], ChartSketch.Draw([[new(0, 10), new(5, double.NaN), new(10, 0), new(20, 5)], []], percent: false, log: false));
        Assert.Equal([["0,750 1000,0"]], ChartSketch.Draw([[new(0, 0.25), new(20, 1)]], percent: true, log: false));
        Assert.Equal([["0,0", "1000,1000"]], ChartSketch.Draw([[new(0, 100), new(10, 0), new(20, 1)]], percent: false, log: true));
        Assert.Equal((0, 2.5), ChartSketch.Ends(0.1, 2.4));
    }

    [Fact]
    public void Names_in_a_file_are_quoted_and_no_formulas()
    {
        var line = new ChartLine("=cmd, \"x\"", 0) { Faint = true };
        line.Replace([new(0, 1)]);

        Assert.StartsWith("step,\"'=cmd, \"\"x\"\" (raw)\"\r\n", ChartTable.Csv("step", [line]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_points_again_are_no_news()
    {
        var line = new ChartLine("loss", 0);
        line.Replace([new(1, 2), new(2, double.NaN)]);
        var revision = line.Revision;

        line.Replace([new(1, 2), new(2, double.NaN)]);
        Assert.Equal(revision, line.Revision);

        line.Replace([new(1, 2)]);
        Assert.Equal(revision + 1, line.Revision);
    }

    [Fact]
    public void A_zoom_comes_back_out_of_the_address()
    {
        var address = "";
        var view = new ChartView("rate", _ => { }, null, zooms => address = zooms);
        view.Zoom("loss", (100, 500.25));
        view.Zoom("accuracy", (0.5, 3));
        Assert.Equal("accuracy:0.5~3,loss:100~500.25", address);

        var again = new ChartView(null, _ => { }, address, zooms => address = zooms);
        Assert.Equal((100, 500.25), again.Zoom("loss"));
        Assert.Null(again.Zoom("rate"));
        again.ForgetZooms();
        Assert.Equal("", address);
    }

    [Theory]
    [InlineData("loss")]
    [InlineData("loss:1")]
    [InlineData("loss:a~b")]
    [InlineData("loss:5~1")]
    [InlineData("loss:NaN~1,,:")]
    public void An_address_that_makes_no_sense_is_no_zoom(string typed) => Assert.Null(new ChartView(null, _ => { }, typed).Zoom("loss"));

    [Fact]
    public void Every_run_has_a_seat_of_its_own_and_no_colour_or_mark_twice_while_there_are_others()
    {
        var ids = Gen.Choose(1, 20).SelectMany(n => Gen.ArrayOf(Gen.Choose(0, int.MaxValue), n)).Select(ns => ns.Distinct().Select(n => $"run-{n}").ToArray());
        Check.QuickThrowOnFailure(Prop.ForAll(ids.ToArbitrary(), runs =>
        {
            var seats = RunSeats.Of(runs);
            return seats.Distinct().Count() == runs.Length && seats.All(s => s is >= 0 and < RunSeats.Seats) 
                && seats.Take(6).Select(s => s % 7).Distinct().Count() == Math.Min(6, runs.Length) && seats.Take(6).Select(s => s % 6).Distinct().Count() == Math.Min(6, runs.Length);
        }));
    }

    [Fact]
    public void A_run_that_comes_later_changes_no_seat()
    {
        string[] runs = ["a", "b", "c", "d"];
        Assert.Equal(RunSeats.Of(runs[..3]), RunSeats.Of(runs).Take(3));
    }
}
