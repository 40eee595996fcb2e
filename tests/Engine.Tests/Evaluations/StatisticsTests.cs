using System.Text.Json;
using WebLab.Engine.Evaluations;

namespace WebLab.Engine.Tests.Evaluations;

public sealed class StatisticsTests
{
    // Six images of three classes; the last is wrong from the start. The first attack takes the first two, the second the second and fourth.
    private static readonly Outcomes Each = Make(null, null);

    // The same battery as a cascade: the second attack is not given what the first has taken.
    private static readonly Outcomes Cascaded = Make([true, true, true, true, true, false], [false, false, true, true, true, false]);

    private static readonly string[] Names = ["disc", "ring"];

    [Fact]
    public void Attacks_are_told_apart_by_what_they_take()
    {
        var statistics = EvaluationStatistics.Of(Each, Names);
        Assert.Equal((6, 5L, 2L), (statistics.Images, statistics.Clean.Right, statistics.Robust!.Right));
        Assert.False(statistics.Cascade);
        Assert.Equal([("one", 5L, 2L, 2L, 1L, 3L, 3L), ("two", 5L, 2L, 1L, 1L, 2L, 3L)],
            statistics.Attacks.Select(a => (a.Name, a.Tried, a.Broke, a.News, a.Only, a.Left.Right, a.Alone.Right)));
        Assert.Equal([("one", 1L), ("one two", 1L), ("two", 1L)], statistics.Sets.Select(s => (string.Join(' ', s.Attacks), s.Images)).Order());
    }

    [Fact]
    public void A_cascade_ends_with_the_same_images_standing()
    {
        var statistics = EvaluationStatistics.Of(Cascaded, Names);
        Assert.True(statistics.Cascade);
        Assert.Equal(2, statistics.Robust!.Right);
        Assert.Equal([("one", 5L, 2L, 3L), ("two", 3L, 1L, 2L)], statistics.Attacks.Select(a => (a.Name, a.Tried, a.Broke, a.Left.Right)));
        Assert.Equal(Each.First, Cascaded.First);
    }

    [Fact]
    public void Classes_have_their_own_figures_and_the_worst_is_named()
    {
        var statistics = EvaluationStatistics.Of(Each, Names);
        Assert.Equal([(0, "disc", 2L, 0L, 2L), (1, "ring", 2L, 1L, 2L), (2, null, 1L, 1L, 2L)],
            statistics.Classes.Select(c => (c.Class, c.Name, c.Clean.Right, c.Robust!.Right, c.Clean.Total)));
        Assert.Equal((0, 0.5), (statistics.WorstClass, statistics.Spread));
    }

    [Fact]
    public void Confusion_matrices_add_up_to_the_accuracies()
    {
        var statistics = EvaluationStatistics.Of(Each, Names);
        Assert.Equal(6, statistics.Confusion.Sum(c => c.Clean));
        Assert.Equal(6, statistics.Confusion.Sum(c => c.Adversarial));
        Assert.Equal(0, statistics.Confusion.Sum(c => c.Difference));
        Assert.Equal(5, statistics.Confusion.Where(c => c.Label == c.Predicted).Sum(c => c.Clean));
        Assert.Equal(2, statistics.Confusion.Where(c => c.Label == c.Predicted).Sum(c => c.Adversarial));
        Assert.Equal((0L, 2L), statistics.Confusion.Where(c => c is { Label: 0, Predicted: 1 }).Select(c => (c.Clean, c.Adversarial)).Single());
    }

    [Fact]
    public void An_image_lost_to_numbers_that_are_not_finite_has_no_answer()
    {
        var attack = Each.Attacks[0] with { Broken = new bool[6], Error = [true, false, false, false, false, false] };
        var statistics = EvaluationStatistics.Of(Each with { Attacks = [attack] }, []);
        Assert.Equal((1, 1L, 1L, 4L), (statistics.NoAnswer, statistics.Attacks[0].Errors, statistics.Attacks[0].Broke, statistics.Robust!.Right));
        Assert.Equal(5, statistics.Confusion.Sum(c => c.Adversarial));
    }

    [Fact]
    public void An_image_without_numbers_is_wrong_before_any_attack()
    {
        var statistics = EvaluationStatistics.Of(Each with { Error = [true, false, false, false, false, false] }, []);
        Assert.Equal((4L, 2L, 1L), (statistics.Clean.Right, statistics.Robust!.Right, statistics.Attacks[0].Broke));
    }

    [Fact]
    public void Distances_are_those_of_broken_images_alone()
    {
        var distances = EvaluationStatistics.Of(Each, []).Distances;
        var two = distances.Single(d => d is { Attack: "two", Norm: "l2" });
        Assert.Equal(2, two.Sizes.Counts.Sum());
        Assert.Equal((0.0, 5.0, 3.5), (two.Sizes.Low, two.Sizes.High, two.Median));
        Assert.Empty(EvaluationStatistics.Of(Each, []).Margins);
    }

    [Fact]
    public void Margins_are_those_of_all_clean_and_of_the_broken_attacked_images()
    {
        var outcomes = Each with { Margin = [1, 1, 2, 3, 4, -1], Attacks = [Each.Attacks[0] with { Margin = [-1, -3, 2, 3, 4, -1] }, Each.Attacks[1]] };
        var margins = EvaluationStatistics.Of(outcomes, []).Margins;
        Assert.Equal([("clean", 6L, -1.0, 4.0), ("one", 2L, -3.0, -1.0)], margins.Select(m => (m.Of, m.Margins.Counts.Sum(), m.Margins.Low, m.Margins.High)));
    }

    [Fact]
    public void A_battery_without_attacks_has_clean_figures()
    {
        var statistics = EvaluationStatistics.Of(Each with { Attacks = [] }, []);
        Assert.Null(statistics.Robust);
        Assert.Equal(2, statistics.WorstClass);
        Assert.All(statistics.Classes, c => Assert.Null(c.Robust));
    }

    [Theory]
    [InlineData(new float[] { 0, 1, 1.9f, 2, 4 }, new long[] { 1, 2, 1, 1 })]
    [InlineData(new float[] { 3, 3, float.NaN }, new long[] { 2, 0, 0, 0 })]
    [InlineData(new float[0], new long[] { 0 })]
    public void Bins_hold_their_lower_edge(float[] values, long[] counts) => Assert.Equal(counts, Histogram.Of(values, 4).Counts);

    [Fact]
    public void Evaluations_are_paired_on_common_images()
    {
        var second = Cascaded with { Index = [.. Cascaded.Index.Select(i => i + 2)] };
        second = second with { Label = [.. second.Index.Select((index, row) => Each.Index.IndexOf(index) is var at and >= 0 ? Each.Label[at] : 0)] };
        second = second with { Predicted = second.Label };
        var pairing = Pairing.Of(new("A", Results(7), Each), new("B", Results(8), second));
        Assert.Equal((4, 2, 2), (pairing.Images, pairing.Left, pairing.Added));
        Assert.Equal(["clean", "after one", "after two", "worst case"], pairing.Rows.Select(r => r.Name));
        Assert.All(pairing.Rows, r => Assert.Equal((4L, 4L), (r.Verdict.Pairs, r.First.Total)));
        Assert.Equal(pairing.Rows[^1].Verdict.OnlyFirst, pairing.Gained.Count);
        Assert.Equal(pairing.Rows[^1].Verdict.OnlySecond, pairing.Lost.Count);
        Assert.Contains(pairing.Remarks, r => r.Contains("Only the 4 images", StringComparison.Ordinal));
        Assert.Contains(pairing.Remarks, r => r.Contains("seeds: 7 and 8", StringComparison.Ordinal));
    }

    [Fact]
    public void An_evaluation_differs_in_nothing_from_itself()
    {
        var one = new Contender("A", Results(0), Each);
        var pairing = Pairing.Of(one, one with { Name = "B" });
        Assert.StartsWith("No difference: A and B agree on every one of the 6 images", pairing.Sentence, StringComparison.Ordinal);
        Assert.Empty(pairing.Gained.Concat(pairing.Lost));
    }

    [Fact]
    public void Batteries_that_differ_are_no_verdict_on_the_networks()
    {
        var many = new Outcomes([.. Enumerable.Range(0, 40)], new long[40], new long[40], [Each.Attacks[0] with { Tried = [.. Enumerable.Repeat(true, 40)], Broken = new bool[40], Error = new bool[40], Predicted = new long[40] }]);
        var broken = many with { Attacks = [many.Attacks[0] with { Broken = [.. Enumerable.Repeat(true, 40)] }] };
        EvaluationResults One(string kind) => Results(0) with { Attacks = [Results(0).Attacks[0] with { Attack = JsonSerializer.SerializeToElement(new { kind }) }] };
        var pairing = Pairing.Of(new("A", One("fgsm"), many), new("B", One("pgd"), broken));
        Assert.StartsWith("A is less often broken by its own battery than B by 100.0 points", pairing.Sentence, StringComparison.Ordinal);
        Assert.Contains(pairing.Remarks, r => r.StartsWith("The batteries differ", StringComparison.Ordinal));
        Assert.Equal(["clean", "worst case"], pairing.Rows.Select(r => r.Name));
        Assert.StartsWith("A is more robust than B", Pairing.Of(new("A", One("pgd"), many), new("B", One("pgd"), broken)).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_paired_is_refused_with_the_reason()
    {
        var one = new Contender("A", Results(0), Each);
        void Refused(Contender other, string why) => Assert.Contains(why, Assert.Throws<PairingRefused>(() => Pairing.Of(one, other)).Message, StringComparison.Ordinal);
        Refused(one with { Results = Results(0) with { Data = "mnist" } }, "different data sets: 'shapes32' and 'mnist'");
        Refused(one with { Results = Results(0) with { Split = "train" } }, "different splits of 'shapes32': test and train");
        Refused(one with { Results = Results(0) with { Version = "w" } }, "different versions of 'shapes32': v and w");
        Refused(one with { Results = Results(5), Outcomes = Each with { Index = [100, 101, 102, 103, 104, 105] } }, "6 drawn by seed 0, 6 by seed 5, none in common");
        Refused(one with { Outcomes = Each with { Label = [1, 0, 1, 1, 2, 2] } }, "image 10 has label 0 in one evaluation and 1 in the other");
    }

    private static EvaluationResults Results(int seed)
    {
        AttackRated Rate(string name) => new(name, JsonSerializer.SerializeToElement(new { kind = name }), Rated.Of(3, 6), 0, 1, 6, 6);
        return new EvaluationResults("c", "00", "shapes32", "v", "test", 6, seed, "fp32", Rated.Of(5, 6), [Rate("one"), Rate("two")], Rated.Of(2, 6));
    }

    private static Outcomes Make(bool[]? triedOne, bool[]? triedTwo)
    {
        long[] label = [0, 0, 1, 1, 2, 2], predicted = [0, 0, 1, 1, 2, 0];
        bool[] all = [true, true, true, true, true, true];
        AttackOutcomes Attack(string name, bool[]? tried, bool[] broken, long[] after, float[] l2) =>
            new(name, tried ?? all, broken, new bool[6], after, [.. l2.Select(_ => 0.03f)], l2, l2, new long[6], new long[6]);
        return new Outcomes([10, 11, 12, 13, 14, 15], label, predicted,
        [
            Attack("one", triedOne, [true, true, false, false, false, true], [1, 1, 1, 1, 2, 0], [1, 1, 0, 0, 0, 9]),
            Attack("two", triedTwo, [false, true, false, true, false, true], [0, 2, 1, 2, 2, 0], [0, 2, 0, 5, 0, 9]),
        ]);
    }
}
