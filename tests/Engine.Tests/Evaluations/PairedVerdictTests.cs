using WebLab.Engine.Evaluations;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class PairedVerdictTests
{
    // Fagerland, Lydersen and Laake 2013, BMC Med Res Methodol 13:91 (airway hyper-responsiveness; exact 0.070, mid-p 0.039), and
    // Agresti's approval ratings as in R, exact2x2: mcnemar.exact (3.716e-05); the others are sums of binomial weights as fractions.
    [Theory]
    [InlineData(1, 7, 0.0703125, 0.0390625)]
    [InlineData(150, 86, 3.715936139571442e-05, 2.89338951761549e-05)]
    [InlineData(2, 8, 0.109375, 0.0654296875)]
    [InlineData(10, 3, 0.09228515625, 0.057373046875)]
    [InlineData(0, 5, 0.0625, 0.03125)]
    [InlineData(1, 1, 1, 0.75)]
    [InlineData(412, 282, 9.086496832013847e-07, 7.608727802806572e-07)]
    [InlineData(0, 0, 1, 1)]
    public void The_exact_and_the_mid_p_are_those_of_textbooks(int b, int c, double p, double midP)
    {
        foreach (var verdict in new[] { PairedVerdict.Of(40, b, c, 50), PairedVerdict.Of(0, c, b, 1) })
        {
            Assert.Equal(p, verdict.P, p * 1e-9);
            Assert.Equal(midP, verdict.MidP, midP * 1e-9);
        }
    }

    // Fagerland, Lydersen and Laake 2014, Stat Med 33:2850, table III: -0.507 to -0.026.
    [Fact]
    public void The_interval_is_Newcombes()
    {
        var verdict = PairedVerdict.Of(1, 1, 7, 12);
        Assert.Equal(-0.286, verdict.Difference, 3);
        Assert.Equal(-0.507, verdict.Low, 3);
        Assert.Equal(-0.026, verdict.High, 3);
    }

    [Fact]
    public void The_interval_holds_the_difference_and_turns_round_with_the_sides()
    {
        foreach (var (a, b, c, d) in new[] { (10, 0, 0, 0), (0, 4, 0, 0), (3, 5, 1, 9), (0, 0, 0, 8), (900, 3, 2, 95) })
        {
            var (verdict, turned) = (PairedVerdict.Of(a, b, c, d), PairedVerdict.Of(a, c, b, d));
            Assert.InRange(verdict.Difference, verdict.Low, verdict.High);
            Assert.InRange(verdict.High, -1, 1);
            Assert.Equal(-turned.High, verdict.Low, 12);
            Assert.Equal(-turned.Low, verdict.High, 12);
            Assert.Equal(turned.P, verdict.P);
        }
    }

    [Fact]
    public void Counts_are_those_of_the_images()
    {
        bool[] a = [true, true, false, false, true], b = [true, false, true, false, false];
        var verdict = PairedVerdict.Of(a, b);
        Assert.Equal((1L, 2L, 1L, 1L, 5L), (verdict.Both, verdict.OnlyFirst, verdict.OnlySecond, verdict.Neither, verdict.Pairs));
        Assert.Equal(0.2, verdict.Difference, 12);
    }

    [Fact]
    public void The_sentence_claims_no_more_than_the_pairs_carry()
    {
        Assert.Equal("A is more robust than B by 4.0 points [2.1, 5.9]; p = 3.7e-5.", PairedVerdict.Of(794, 150, 86, 570).Sentence("A", "B", "more robust"));
        Assert.Equal("A is more robust than B by 4.0 points [2.1, 5.9]; p = 3.7e-5.", PairedVerdict.Of(794, 86, 150, 570).Sentence("B", "A", "more robust"));
        Assert.Equal("No difference can be claimed: A minus B is −28.6 points [−50.7, −2.6]; p = 0.0703.", PairedVerdict.Of(1, 1, 7, 12).Sentence("A", "B", "more robust"));
        Assert.Equal("No difference: A and A' agree on every one of the 21 images.", PairedVerdict.Of(9, 0, 0, 12).Sentence("A", "A'", "more robust"));
    }
}
