using System.Globalization;
using System.Text;

namespace WebLab.Web.Parts;

/// <summary>A line of a sketch.</summary>
/// <param name="Color">A colour token, such as <c>--clean</c>.</param>
/// <param name="Faint">A line behind another one.</param>
public sealed record SketchLine(IReadOnlyList<ChartPoint> Points, string Color, bool Faint = false);

/// <summary>
/// The lines of a chart for a picture that needs no script: a page shows it until the canvas is drawn over it. Axes end where ECharts lets
/// them end, so that the lines stay about where they are.
/// </summary>
public static class ChartSketch
{
    /// <summary>Units of the picture, across and down.</summary>
    public const int Side = 1000;

    private const int MostPoints = 300, Stretches = 5;

    /// <summary>For each line, <c>x,y</c> pairs of each piece of it: a value that is not finite ends a piece.</summary>
    /// <param name="lines">Of the chart.</param>
    /// <param name="percent">The axis goes from 0 to 1.</param>
    /// <param name="log">The axis is logarithmic: values that are not positive are gaps.</param>
    /// <param name="zoom">The stretch of x that is shown; absent: all.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Draw(IReadOnlyList<IReadOnlyList<ChartPoint>> lines, bool percent, bool log, (double From, double To)? zoom = null)
    {
        var thin = lines.Select(line => Thinning.Reduce(line, MostPoints).Select(p => log ? new ChartPoint(p.X, p.Y > 0 ? Math.Log10(p.Y) : double.NaN) : p).ToList()).ToList();
        var shown = thin.SelectMany(points => points).Where(p => double.IsFinite(p.Y)).ToList();
        if (shown.Count == 0) return [.. lines.Select(_ => (IReadOnlyList<string>)[])];
        var (left, right) = zoom ?? (shown.Min(p => p.X), shown.Max(p => p.X));
        var (low, high) = percent && !log ? (0, 1) : Ends(shown.Min(p => p.Y), shown.Max(p => p.Y));
        return [.. thin.Select(points => Pieces(points, x => right > left ? (x - left) / (right - left) : 1, y => (high - y) / (high - low)))];
    }

    /// <summary>The round numbers at or beyond which an axis ends.</summary>
    public static (double Low, double High) Ends(double least, double most)
    {
        if (most <= least) (least, most) = least == 0 ? (0, 1) : (least - (Math.Abs(least) / 2), least + (Math.Abs(least) / 2));
        var rough = (most - least) / Stretches;
        var size = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = size * ((rough / size) switch { < 1.5 => 1, < 2.5 => 2, < 4 => 3, < 7 => 5, _ => 10 });
        return (Math.Floor(least / step) * step, Math.Ceiling(most / step) * step);
    }

    private static List<string> Pieces(List<ChartPoint> points, Func<double, double> across, Func<double, double> down)
    {
        var (pieces, piece) = (new List<string>(), new StringBuilder());
        foreach (var point in points.Append(new ChartPoint(0, double.NaN)))
        {
            if (double.IsFinite(point.Y))
            {
                piece.Append(CultureInfo.InvariantCulture, $"{Side * across(point.X):0},{Side * down(point.Y):0} ");
                continue;
            }

            if (piece.Length > 0) pieces.Add(piece.ToString(0, piece.Length - 1));
            piece.Clear();
        }

        return pieces;
    }
}
