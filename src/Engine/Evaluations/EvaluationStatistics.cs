namespace WebLab.Engine.Evaluations;

/// <summary>What the outcomes of single images say together. Rates carry 95 % intervals (Wilson).</summary>
/// <param name="Images">Number of images.</param>
/// <param name="Clean">Share classified correctly.</param>
/// <param name="Robust">Share that stood every attack; null without attacks.</param>
/// <param name="Cascade">Later attacks were spared what earlier ones had taken, so that "only" and "together" say little.</param>
/// <param name="Attacks">In the order of the battery.</param>
/// <param name="Classes">By class, those with images.</param>
/// <param name="WorstClass">The class with the least robust accuracy (without attacks: clean accuracy).</param>
/// <param name="Spread">Between the best and the worst class, in [0,1].</param>
/// <param name="Confusion">Cells of the confusion matrices that are not empty, by true class and answer.</param>
/// <param name="NoAnswer">Images that are in no cell of the adversarial matrix: the network's numbers were not finite.</param>
/// <param name="Sets">Which attacks took the same images, largest set first.</param>
/// <param name="Distances">How far the broken images were moved.</param>
/// <param name="Margins">How sure the network was, where the outcomes tell.</param>
public sealed record EvaluationStatistics(int Images, Rated Clean, Rated? Robust, bool Cascade, IReadOnlyList<AttackShare> Attacks, IReadOnlyList<ClassRated> Classes,
    int? WorstClass, double Spread, IReadOnlyList<ConfusionCell> Confusion, int NoAnswer, IReadOnlyList<BrokenSet> Sets, IReadOnlyList<DistanceHistogram> Distances,
    IReadOnlyList<MarginHistogram> Margins)
{
    private const int Bins = 20, MostSets = 32;

    /// <param name="outcomes">Of every image.</param>
    /// <param name="names">Of the classes; may be shorter or empty.</param>
    public static EvaluationStatistics Of(Outcomes outcomes, IReadOnlyList<string> names)
    {
        var attacked = outcomes.Attacks.Count > 0;
        var rows = Enumerable.Range(0, outcomes.Count).ToList();
        var classes = rows.GroupBy(i => outcomes.Label[i]).OrderBy(g => g.Key).Select(g => new ClassRated((int)g.Key, names.ElementAtOrDefault((int)g.Key),
            Rated.Of(g.Count(outcomes.Right), g.Count()), attacked ? Rated.Of(g.Count(i => outcomes.Stands(i)), g.Count()) : null)).ToList();
        var judged = classes.OrderBy(c => (c.Robust ?? c.Clean).Accuracy).ThenBy(c => c.Class).ToList();
        return new EvaluationStatistics(outcomes.Count, Rated.Of(rows.Count(outcomes.Right), outcomes.Count),
            attacked ? Rated.Of(rows.Count(i => outcomes.Stands(i)), outcomes.Count) : null, outcomes.Cascade, Shares(outcomes), classes, judged.FirstOrDefault()?.Class,
            judged.Count == 0 ? 0 : (judged[^1].Robust ?? judged[^1].Clean).Accuracy - (judged[0].Robust ?? judged[0].Clean).Accuracy,
            Cells(outcomes), rows.Count(outcomes.NoAnswer), Taken(outcomes), Moved(outcomes), Sure(outcomes));
    }

    private static List<AttackShare> Shares(Outcomes o)
    {
        var shares = new List<AttackShare>();
        for (var k = 0; k < o.Attacks.Count; k++)
        {
            var (attack, n) = (k, k + 1);
            var rows = Enumerable.Range(0, o.Count).ToList();
            var took = rows.Where(i => o.Took(attack, i)).ToList();
            var robust = Rated.Of(rows.Count(i => o.Right(i) && !o.Took(attack, i)), o.Count);
            shares.Add(new AttackShare(o.Attacks[k].Name, rows.Count(i => o.Right(i) && o.Attacks[attack].Tried[i]), took.Count, took.Count(i => o.Attacks[attack].Error[i]),
                took.Count(i => o.First[i] == n), took.Count(i => Enumerable.Range(0, o.Attacks.Count).All(other => other == attack || !o.Took(other, i))),
                Rated.Of(rows.Count(i => o.Stands(i, n)), o.Count), robust));
        }

        return shares;
    }

    private static List<ConfusionCell> Cells(Outcomes o)
    {
        var cells = new SortedDictionary<(long Label, long Predicted), (long Clean, long Adversarial)>();
        for (var i = 0; i < o.Count; i++)
        {
            var (before, after) = ((o.Label[i], o.Predicted[i]), (o.Label[i], o.Answer(i)));
            Add(before, 1, 0);
            if (!o.NoAnswer(i)) Add(after, 0, 1);
        }

        return [.. cells.Select(c => new ConfusionCell((int)c.Key.Label, (int)c.Key.Predicted, c.Value.Clean, c.Value.Adversarial))];

        void Add((long, long) cell, long clean, long adversarial)
        {
            var held = cells.GetValueOrDefault(cell);
            cells[cell] = (held.Clean + clean, held.Adversarial + adversarial);
        }
    }

    private static List<BrokenSet> Taken(Outcomes o) => [.. Enumerable.Range(0, o.Count)
        .Select(i => string.Join('\n', Enumerable.Range(0, o.Attacks.Count).Where(k => o.Took(k, i)).Select(k => o.Attacks[k].Name)))
        .Where(set => set.Length > 0).GroupBy(set => set).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal)
        .Take(MostSets).Select(g => new BrokenSet(g.Key.Split('\n'), g.Count()))];

    private static List<DistanceHistogram> Moved(Outcomes o)
    {
        var moved = new List<DistanceHistogram>();
        for (var k = 0; k < o.Attacks.Count; k++)
        {
            var rows = Enumerable.Range(0, o.Count).Where(i => o.Took(k, i) && !o.Attacks[k].Error[i]).ToList();
            if (rows.Count == 0) continue;
            foreach (var (norm, sizes) in new[] { ("linf", o.Attacks[k].Linf), ("l2", o.Attacks[k].L2), ("l1", o.Attacks[k].L1) })
                if (sizes.Length == o.Count) moved.Add(new DistanceHistogram(o.Attacks[k].Name, norm, Middle([.. rows.Select(i => sizes[i])]), Histogram.Of(rows.Select(i => sizes[i]), Bins, low: 0)));
        }

        return moved;
    }

    private static List<MarginHistogram> Sure(Outcomes o)
    {
        var sure = new List<MarginHistogram>();
        if (o.Margin is { } clean) sure.Add(new MarginHistogram("clean", Histogram.Of(clean, Bins)));
        for (var k = 0; k < o.Attacks.Count; k++)
        {
            var taken = Enumerable.Range(0, o.Count).Where(i => o.Took(k, i)).ToList();
            if (o.Attacks[k].Margin is { } margin && taken.Count > 0) sure.Add(new MarginHistogram(o.Attacks[k].Name, Histogram.Of(taken.Select(i => margin[i]), Bins)));
        }

        return sure;
    }

    private static double Middle(float[] values)
    {
        Array.Sort(values);
        return values.Length % 2 == 1 ? values[values.Length / 2] : (values[values.Length / 2 - 1] + (double)values[values.Length / 2]) / 2;
    }
}

/// <summary>What one attack of a battery took.</summary>
/// <param name="Name">Such as <c>pgd20</c>.</param>
/// <param name="Tried">Images that it was given and that were classified correctly.</param>
/// <param name="Broke">Of these, those that are not any more.</param>
/// <param name="Errors">Of the broken, those by numbers that are not finite.</param>
/// <param name="News">Of the broken, those that stood all attacks before it.</param>
/// <param name="Only">Of the broken, those that no other attack took.</param>
/// <param name="Left">Share of all images that stand it and all attacks before it.</param>
/// <param name="Alone">Share of all images that are right and that it did not take; in a cascade it was not given all.</param>
public sealed record AttackShare(string Name, long Tried, long Broke, long Errors, long News, long Only, Rated Left, Rated Alone);

/// <param name="Class">Number of the class.</param>
/// <param name="Name">Where the data set is at hand.</param>
/// <param name="Clean">Share of its images classified correctly.</param>
/// <param name="Robust">Share of its images that stood every attack; null without attacks.</param>
public sealed record ClassRated(int Class, string? Name, Rated Clean, Rated? Robust);

/// <summary>Images of one true class with one answer.</summary>
/// <param name="Label">True class.</param>
/// <param name="Predicted">Answer.</param>
/// <param name="Clean">Before the attacks.</param>
/// <param name="Adversarial">After them: the answer to the point of the first attack that took the image.</param>
public sealed record ConfusionCell(int Label, int Predicted, long Clean, long Adversarial)
{
    /// <summary>Adversarial minus clean.</summary>
    public long Difference => Adversarial - Clean;
}

/// <summary>Images that exactly these attacks took.</summary>
public sealed record BrokenSet(IReadOnlyList<string> Attacks, long Images);

/// <param name="Attack">Its name.</param>
/// <param name="Norm"><c>linf</c>, <c>l2</c> or <c>l1</c>.</param>
/// <param name="Median">Over the images that it took.</param>
/// <param name="Sizes">Of the perturbations of these images.</param>
public sealed record DistanceHistogram(string Attack, string Norm, double Median, Histogram Sizes);

/// <param name="Of"><c>clean</c>: of all images; or the attack's name: of those that it took, after it.</param>
/// <param name="Margins">The right class's logit less the largest other; negative: the answer is wrong.</param>
public sealed record MarginHistogram(string Of, Histogram Margins);
