using System.Globalization;

namespace WebLab.Web.Parts;

/// <summary>How a page's charts are looked at; the page keeps it in its address.</summary>
/// <param name="logCharts">Keys of the charts with a logarithmic axis, between commas.</param>
/// <param name="changed">Told the new list after every change.</param>
/// <param name="zooms">Stretches that are looked at, such as <c>loss:100~500</c>, between commas.</param>
/// <param name="zoomed">Told the new list after every change.</param>
public sealed class ChartView(string? logCharts, Action<string> changed, string? zooms = null, Action<string>? zoomed = null)
{
    private readonly SortedSet<string> _log = new((logCharts ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
    private readonly SortedDictionary<string, (double From, double To)> _zooms = Read(zooms);

    public bool IsLog(string key) => _log.Contains(key);

    public void Toggle(string key)
    {
        if (!_log.Remove(key)) _log.Add(key);
        changed(string.Join(',', _log));
    }

    /// <summary>The stretch of the x axis that is looked at; null: all of it, also what is still to come.</summary>
    public (double From, double To)? Zoom(string key) => _zooms.TryGetValue(key, out var range) ? range : null;

    public void Zoom(string key, (double From, double To)? range)
    {
        if (Zoom(key) == range) return;
        if (range is { } wanted) _zooms[key] = wanted;
        else _zooms.Remove(key);
        zoomed?.Invoke(string.Join(',', _zooms.Select(z => string.Create(CultureInfo.InvariantCulture, $"{z.Key}:{z.Value.From:G6}~{z.Value.To:G6}"))));
    }

    /// <summary>All stretches are given up: they mean nothing on another axis.</summary>
    public void ForgetZooms()
    {
        if (_zooms.Count == 0) return;
        _zooms.Clear();
        zoomed?.Invoke("");
    }

    // An address that somebody has typed may hold anything.
    private static SortedDictionary<string, (double From, double To)> Read(string? text)
    {
        var read = new SortedDictionary<string, (double From, double To)>(StringComparer.Ordinal);
        foreach (var words in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(z => z.Split([':', '~'])))
            if (words.Length == 3 && Number(words[1]) is { } from && Number(words[2]) is { } to && from < to) read[words[0]] = (from, to);
        return read;
    }

    private static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;
}
