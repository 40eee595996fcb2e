namespace WebLab.Web.Parts;

/// <summary>A point of a chart: step, epoch, seconds or radius against a value; a value that is not finite is a gap.</summary>
public readonly record struct ChartPoint(double X, double Y);

/// <summary>One line of a chart.</summary>
/// <param name="name">Words of the legend and of the table's column.</param>
/// <param name="tone">Index into the palette and the dash patterns; the same quantity has the same tone everywhere.</param>
public sealed class ChartLine(string name, int tone)
{
    private readonly List<ChartPoint> _points = [];

    public string Name { get; set; } = name;

    public int Tone { get; set; } = tone;

    /// <summary>Index into the dash patterns; absent: the line's place in its chart.</summary>
    public int? Dash { get; init; }

    /// <summary>Index into the marks that stand on the line here and there; absent: none.</summary>
    public int? Mark { get; init; }

    /// <summary>A line behind another one, such as the raw points behind the smoothed: thin, pale, and not in the legend.</summary>
    public bool Faint { get; init; }

    public IReadOnlyList<ChartPoint> Points => _points;

    /// <summary>Grows when points were taken back, so that what was already sent is sent anew.</summary>
    public int Revision { get; private set; }

    /// <summary>Adds a point. Points at or behind its x give way: a resumed run repeats its last steps, and the newer ones stand.</summary>
    public void Add(double x, double y)
    {
        var keep = _points.Count;
        while (keep > 0 && _points[keep - 1].X >= x) keep--;
        if (keep < _points.Count)
        {
            _points.RemoveRange(keep, _points.Count - keep);
            Revision++;
        }

        _points.Add(new ChartPoint(x, y));
    }

    /// <summary>Puts other points in the place of all that were there; nothing happens when they are the same.</summary>
    public void Replace(IReadOnlyList<ChartPoint> points)
    {
        if (_points.SequenceEqual(points)) return;
        _points.Clear();
        _points.AddRange(points);
        Revision++;
    }
}

/// <summary>Tones that mean the same on every page.</summary>
public static class Tones
{
    public const int Clean = 0;
    public const int Robust = 1;
    public const int Rate = 2;
    public const int Other = 3;
}

/// <summary>Thins a long line for the screen.</summary>
public static class Thinning
{
    /// <summary>Keeps the lowest and the highest point of each of <paramref name="most"/>/2 stretches of equal length, so spikes survive.</summary>
    public static IReadOnlyList<ChartPoint> Reduce(IReadOnlyList<ChartPoint> points, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 4);
        if (points.Count <= most) return points;
        var stretches = (most - 2) / 2;
        var kept = new List<ChartPoint>(most) { points[0] };
        var inner = points.Count - 2;
        for (var i = 0; i < stretches; i++)
        {
            var from = 1 + (int)((long)inner * i / stretches);
            var to = 1 + (int)((long)inner * (i + 1) / stretches);
            var (low, high) = (from, from);
            for (var j = from + 1; j < to; j++)
            {
                if (points[j].Y < points[low].Y) low = j;
                if (points[j].Y > points[high].Y) high = j;
            }

            kept.Add(points[Math.Min(low, high)]);
            if (low != high) kept.Add(points[Math.Max(low, high)]);
        }

        kept.Add(points[^1]);
        return kept;
    }
}
