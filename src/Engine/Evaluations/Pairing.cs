namespace WebLab.Engine.Evaluations;

/// <summary>An evaluation with what is needed to set it against another.</summary>
/// <param name="Name">What it is called in sentences.</param>
/// <param name="Results">Its figures.</param>
/// <param name="Outcomes">Of its images.</param>
public sealed record Contender(string Name, EvaluationResults Results, Outcomes Outcomes);

/// <summary>Two evaluations cannot be compared image by image; the message says why.</summary>
public sealed class PairingRefused(string message) : Exception(message);

/// <summary>Two evaluations on the same images: each accuracy that both have, with McNemar's verdict.</summary>
/// <param name="Images">Images that both looked at; the figures are over these.</param>
/// <param name="Left">Images of the first that the second did not look at.</param>
/// <param name="Added">Images of the second that the first did not look at.</param>
/// <param name="Rows">Clean, what is left after each attack that both made alike, and the worst case.</param>
/// <param name="Sentence">The verdict of the last row in words.</param>
/// <param name="Remarks">What makes the comparison less than even.</param>
/// <param name="Gained">Indices of images that stand only with the first.</param>
/// <param name="Lost">Indices of images that stand only with the second.</param>
public sealed record Pairing(int Images, int Left, int Added, IReadOnlyList<PairedRow> Rows, string Sentence, IReadOnlyList<string> Remarks,
    IReadOnlyList<long> Gained, IReadOnlyList<long> Lost)
{
    /// <exception cref="PairingRefused">Another data set, version or split, other labels, or no common image.</exception>
    public static Pairing Of(Contender a, Contender b)
    {
        Demand(a, b);
        var places = b.Outcomes.Index.Select((index, row) => (index, row)).ToDictionary(p => p.index, p => p.row);
        var rows = Enumerable.Range(0, a.Outcomes.Count).Where(i => places.ContainsKey(a.Outcomes.Index[i])).Select(i => (A: i, B: places[a.Outcomes.Index[i]])).ToList();
        if (rows.Count == 0) throw new PairingRefused(
            $"the evaluations looked at different images: {a.Outcomes.Count} drawn by seed {a.Results.Seed}, {b.Outcomes.Count} by seed {b.Results.Seed}, none in common; use the same seed and number of images");
        foreach (var (i, j) in rows)
            if (a.Outcomes.Label[i] != b.Outcomes.Label[j])
                throw new PairingRefused($"image {a.Outcomes.Index[i]} has label {a.Outcomes.Label[i]} in one evaluation and {b.Outcomes.Label[j]} in the other");

        PairedRow Row(string name, Func<int, bool> first, Func<int, bool> second)
        {
            var (x, y) = (rows.Select(r => first(r.A)).ToList(), rows.Select(r => second(r.B)).ToList());
            return new PairedRow(name, Rated.Of(x.Count(v => v), x.Count), Rated.Of(y.Count(v => v), y.Count), PairedVerdict.Of(x, y));
        }

        List<PairedRow> table = [Row("clean", a.Outcomes.Right, b.Outcomes.Right)];
        foreach (var n in Alike(a, b)) table.Add(Row($"after {a.Outcomes.Attacks[n - 1].Name}", i => a.Outcomes.Stands(i, n), i => b.Outcomes.Stands(i, n)));
        var attacked = a.Outcomes.Attacks.Count > 0 && b.Outcomes.Attacks.Count > 0;
        if (attacked) table.Add(Row("worst case", i => a.Outcomes.Stands(i), i => b.Outcomes.Stands(i)));
        bool First(int i) => attacked ? a.Outcomes.Stands(i) : a.Outcomes.Right(i);
        bool Second(int i) => attacked ? b.Outcomes.Stands(i) : b.Outcomes.Right(i);
        return new Pairing(rows.Count, a.Outcomes.Count - rows.Count, b.Outcomes.Count - rows.Count, table,
            table[^1].Verdict.Sentence(a.Name, b.Name, !attacked ? "more accurate" : Match(a, b) ? "more robust" : "less often broken by its own battery"), [.. Remark(a, b, rows.Count)],
            [.. rows.Where(r => First(r.A) && !Second(r.B)).Select(r => a.Outcomes.Index[r.A])], [.. rows.Where(r => Second(r.B) && !First(r.A)).Select(r => a.Outcomes.Index[r.A])]);
    }

    private static void Demand(Contender a, Contender b)
    {
        if (a.Results.Data != b.Results.Data) throw new PairingRefused($"the evaluations are on different data sets: '{a.Results.Data}' and '{b.Results.Data}'");
        if (a.Results.Split != b.Results.Split) throw new PairingRefused($"the evaluations are on different splits of '{a.Results.Data}': {a.Results.Split} and {b.Results.Split}");
        if (a.Results.Version != b.Results.Version) throw new PairingRefused($"the evaluations are on different versions of '{a.Results.Data}': {a.Results.Version} and {b.Results.Version}");
    }

    // Numbers of the attacks up to which both batteries are the same.
    private static IEnumerable<int> Alike(Contender a, Contender b) => Enumerable.Range(1, Math.Min(a.Results.Attacks.Count, b.Results.Attacks.Count))
        .TakeWhile(n => Same(a.Results.Attacks[n - 1], b.Results.Attacks[n - 1]));

    private static bool Match(Contender a, Contender b) => a.Results.Attacks.Count == b.Results.Attacks.Count && Alike(a, b).Count() == a.Results.Attacks.Count;

    private static bool Same(AttackRated a, AttackRated b) => System.Text.Json.JsonElement.DeepEquals(a.Attack, b.Attack);

    private static IEnumerable<string> Remark(Contender a, Contender b, int images)
    {
        if (images < a.Outcomes.Count || images < b.Outcomes.Count)
            yield return $"Only the {images} images that both looked at are compared; {a.Name} has {a.Outcomes.Count}, {b.Name} has {b.Outcomes.Count}.";
        if (!Match(a, b)) yield return "The batteries differ: the worst case compares attacks as well as networks and is no verdict on the networks.";
        if (a.Results.Precision != b.Results.Precision) yield return $"{a.Name} ran in {a.Results.Precision}, {b.Name} in {b.Results.Precision}.";
        if (a.Results.Seed != b.Results.Seed && a.Results.Attacks.Count > 0) yield return $"The attacks drew by different seeds: {a.Results.Seed} and {b.Results.Seed}.";
        if (a.Results.WeightsSha256 == b.Results.WeightsSha256) yield return "Both attacked the same weights.";
    }
}

/// <param name="Name"><c>clean</c>, <c>after pgd20</c>, <c>worst case</c>.</param>
public sealed record PairedRow(string Name, Rated First, Rated Second, PairedVerdict Verdict);
