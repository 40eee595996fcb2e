using System.Globalization;
using System.Text;
using WebLab.Api.Runs;

namespace WebLab.Api.Compare;

/// <summary>The figures of a comparison as a table to paste: columns are runs, or experiments with mean ± standard deviation over their seeds.</summary>
public sealed class ComparisonText
{
    private readonly IReadOnlyList<string> _columns;
    private readonly IReadOnlyList<Line> _lines;

    private sealed record Cell(double Mean, double? Deviation, int Count);

    private sealed record Line(string Name, Measure Measure, IReadOnlyList<Cell?> Cells, IReadOnlyList<int> Best);

    /// <param name="comparison">The runs.</param>
    /// <param name="onlyDifferences">Leave out what all runs agree in.</param>
    /// <param name="bySeeds">A column for each experiment instead of each run.</param>
    public ComparisonText(Comparison comparison, bool onlyDifferences, bool bySeeds)
    {
        var groups = bySeeds ? comparison.Groups : [.. comparison.Runs.Select((r, k) => new SeedGroup(r.ExperimentId, r.Name, [k]))];
        _columns = [.. groups.Select(g => bySeeds && g.Runs.Count > 1 ? $"{g.Name} (n = {g.Runs.Count})" : g.Name)];
        _lines = [.. comparison.Figures.Where(f => !onlyDifferences || f.Differs).Select(f => Of(f, groups))];
    }

    /// <summary>Mean and standard deviation (n - 1) of what is known; null when nothing is.</summary>
    public static (double Mean, double? Deviation, int Count)? Spread(IEnumerable<double?> values)
    {
        var known = values.OfType<double>().ToList();
        if (known.Count == 0) return null;
        var mean = known.Average();
        return (mean, known.Count > 1 ? Math.Sqrt(known.Sum(v => (v - mean) * (v - mean)) / (known.Count - 1)) : null, known.Count);
    }

    /// <summary>A table of GitHub's Markdown, the best in bold.</summary>
    public string Markdown()
    {
        var text = new StringBuilder($"| | {string.Join(" | ", _columns.Select(EscapeMarkdown))} |\n|---|{string.Concat(Enumerable.Repeat("---:|", _columns.Count))}\n");
        foreach (var line in _lines)
            text.Append($"| {EscapeMarkdown(Head(line))} | {string.Join(" | ", line.Cells.Select((c, k) => c is null ? "–" : line.Best.Contains(k) ? $"**{Shown(c, line.Measure, " ± ")}**" : Shown(c, line.Measure, " ± ")))} |\n");
        return text.ToString();
    }

    /// <summary>A <c>tabular</c> for the package booktabs, the best in bold.</summary>
    public string Latex()
    {
        var text = new StringBuilder("% \\usepackage{booktabs}\n").Append($"\\begin{{tabular}}{{l{new string('r', _columns.Count)}}}\n\\toprule\n");
        text.Append($" & {string.Join(" & ", _columns.Select(EscapeLatex))} \\\\\n\\midrule\n");
        foreach (var line in _lines)
            text.Append($"{EscapeLatex(Head(line))} & {string.Join(" & ", line.Cells.Select((c, k) => c is null ? "--" : InLatex(c, line.Measure, line.Best.Contains(k))))} \\\\\n");
        return text.Append("\\bottomrule\n\\end{tabular}\n").ToString();
    }

    /// <summary>With full precision; shares stay in [0,1], and a deviation has a column of its own.</summary>
    public string Csv()
    {
        var spread = _lines.Any(l => l.Cells.Any(c => c?.Deviation is not null));
        var text = new StringBuilder("figure");
        foreach (var column in _columns) text.Append(',').Append(CsvText.Cell(column)).Append(spread ? $",{CsvText.Cell($"{column}, std")}" : "");
        text.Append("\r\n");
        foreach (var line in _lines)
        {
            text.Append(CsvText.Cell(line.Name));
            foreach (var cell in line.Cells)
            {
                text.Append(CultureInfo.InvariantCulture, $",{cell?.Mean:R}");
                if (spread) text.Append(CultureInfo.InvariantCulture, $",{cell?.Deviation:R}");
            }
            text.Append("\r\n");
        }
        return text.ToString();
    }

    /// <summary>Letters that would make Markdown of a name.</summary>
    public static string EscapeMarkdown(string text) => Escaped(text.ReplaceLineEndings(" "), letter => letter is '\\' or '|' or '*' or '_' or '`' or '<' or '>' or '[' or ']' ? $"\\{letter}" : null);

    /// <summary>Letters that mean something to LaTeX.</summary>
    public static string EscapeLatex(string text) => Escaped(text.ReplaceLineEndings(" "), letter => letter switch
    {
        '&' or '%' or '$' or '#' or '_' or '{' or '}' => $"\\{letter}",
        '\\' => "\\textbackslash{}", '~' => "\\textasciitilde{}", '^' => "\\textasciicircum{}", '<' => "\\textless{}", '>' => "\\textgreater{}", '|' => "\\textbar{}",
        _ => null,
    });

    private static string Escaped(string text, Func<char, string?> of)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var letter in text) _ = of(letter) is { } safe ? escaped.Append(safe) : escaped.Append(letter);
        return escaped.ToString();
    }

    private static Line Of(FigureRow figure, IReadOnlyList<SeedGroup> groups)
    {
        var cells = groups.Select(g => Spread(g.Runs.Select(k => figure.Values[k])) is var (mean, deviation, count) ? new Cell(mean, deviation, count) : null).ToList();
        return new Line(figure.Name, figure.Measure, cells, ComparisonService.BestOf([.. cells.Select(c => c?.Mean)], figure.Better));
    }

    private static string Head(Line line) => line.Measure switch { Measure.Share => $"{line.Name} (%)", Measure.Seconds => $"{line.Name} (s)", _ => line.Name };

    private static string Shown(Cell cell, Measure measure, string between) =>
        cell.Deviation is { } deviation ? $"{Number(cell.Mean, measure)}{between}{Number(deviation, measure)}" : Number(cell.Mean, measure);

    private static string InLatex(Cell cell, Measure measure, bool best) => cell.Deviation is null
        ? best ? $"\\textbf{{{Number(cell.Mean, measure)}}}" : Number(cell.Mean, measure)
        : best ? $"$\\mathbf{{{Shown(cell, measure, " \\pm ")}}}$" : $"${Shown(cell, measure, " \\pm ")}$";

    private static string Number(double value, Measure measure) => measure switch
    {
        Measure.Share => (value * 100).ToString("0.0", CultureInfo.InvariantCulture),
        Measure.Seconds => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString("G4", CultureInfo.InvariantCulture),
    };
}
