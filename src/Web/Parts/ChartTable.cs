using System.Globalization;
using System.Text;
using WebLab.Api.Runs;

namespace WebLab.Web.Parts;

/// <summary>The numbers of a chart as rows: for its table, and for a spreadsheet.</summary>
public static class ChartTable
{
    /// <summary>Rows by x in rising order, a cell for each line; empty where a line has no point there, or a gap.</summary>
    public static IEnumerable<(double X, double?[] Y)> Rows(IReadOnlyList<ChartLine> lines, int lastOfEach = int.MaxValue)
    {
        var rows = new SortedDictionary<double, double?[]>();
        for (var i = 0; i < lines.Count; i++)
            foreach (var point in lines[i].Points.Skip(Math.Max(0, lines[i].Points.Count - lastOfEach)))
            {
                if (!rows.TryGetValue(point.X, out var row)) rows[point.X] = row = new double?[lines.Count];
                row[i] = double.IsFinite(point.Y) ? point.Y : null;
            }
        return rows.Select(r => (r.Key, r.Value));
    }

    /// <summary>As CSV (RFC 4180) with full precision.</summary>
    public static string Csv(string xName, IReadOnlyList<ChartLine> lines)
    {
        var text = new StringBuilder(CsvText.Cell(xName));
        foreach (var line in lines) text.Append(',').Append(CsvText.Cell(line.Faint ? $"{line.Name} (raw)" : line.Name));
        text.Append("\r\n");
        foreach (var (x, y) in Rows(lines))
            text.Append(x.ToString("R", CultureInfo.InvariantCulture)).Append(',').AppendJoin(',', y.Select(v => v?.ToString("R", CultureInfo.InvariantCulture))).Append("\r\n");
        return text.ToString();
    }
}
