using WebLab.Api.Lab;

namespace WebLab.Web.Lab;

/// <summary>Rows of a batch as they are asked for.</summary>
public static class BatchRows
{
    /// <param name="show">Only this verdict; null or empty for all.</param>
    /// <param name="sort">Column, with a minus for descending; null keeps the order of the files.</param>
    public static IReadOnlyList<BoardRow> Of(IReadOnlyList<BoardRow> rows, string? show, string? sort)
    {
        var shown = rows.Where(r => string.IsNullOrEmpty(show) || r.Verdict == show);
        IOrderedEnumerable<BoardRow>? ordered = sort?.TrimStart('-') switch
        {
            "file" => By(r => r.File, StringComparer.OrdinalIgnoreCase),
            "label" => By(r => r.Label, StringComparer.OrdinalIgnoreCase),
            "network" => By(r => r.Network, StringComparer.OrdinalIgnoreCase),
            "before" => By(r => r.Before, StringComparer.OrdinalIgnoreCase),
            "beforeProbability" => By(r => r.BeforeProbability, Comparer<double?>.Default),
            "after" => By(r => r.After, StringComparer.OrdinalIgnoreCase),
            "afterProbability" => By(r => r.AfterProbability, Comparer<double?>.Default),
            "verdict" => By(r => r.Verdict, StringComparer.Ordinal),
            _ => null,
        };
        return [.. ordered ?? shown];

        IOrderedEnumerable<BoardRow> By<T>(Func<BoardRow, T> key, IComparer<T> comparer) =>
            sort![0] == '-' ? shown.OrderByDescending(key, comparer) : shown.OrderBy(key, comparer);
    }
}
