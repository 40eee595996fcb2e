namespace WebLab.Web.Parts;

/// <summary>How a page's charts are looked at; the page keeps it in its address.</summary>
/// <param name="logCharts">Keys of the charts with a logarithmic axis, between commas.</param>
/// <param name="changed">Told the new list after every change.</param>
public sealed class ChartView(string? logCharts, Action<string> changed)
{
    private readonly SortedSet<string> _log = new((logCharts ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);

    public bool IsLog(string key) => _log.Contains(key);

    public void Toggle(string key)
    {
        if (!_log.Remove(key)) _log.Add(key);
        changed(string.Join(',', _log));
    }
}
