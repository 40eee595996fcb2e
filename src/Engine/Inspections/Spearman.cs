namespace WebLab.Engine.Inspections;

/// <summary>Spearman's rank correlation; ties have their mean rank.</summary>
public static class Spearman
{
    /// <summary>In [-1,1]; null where one of the two does not vary.</summary>
    public static double? Of(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        if (x.Count != y.Count) throw new ArgumentException($"wanted as many values on both sides; got {x.Count} and {y.Count}");
        var (a, b) = (Ranks(x), Ranks(y));
        var mean = (x.Count + 1) / 2.0;
        double Product(double[] p, double[] q) => p.Zip(q, (i, j) => (i - mean) * (j - mean)).Sum();
        var scale = Math.Sqrt(Product(a, a) * Product(b, b));
        return scale > 0 ? Product(a, b) / scale : null;
    }

    private static double[] Ranks(IReadOnlyList<double> values) =>
        [.. values.Select(v => values.Count(w => w < v) + (values.Count(w => w == v) + 1) / 2.0)];
}
