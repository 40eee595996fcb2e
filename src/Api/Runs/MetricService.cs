using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Runs;

/// <summary>One metric over the run, thinned so that extremes stay visible. The lists are parallel; a value that is not a number is null.</summary>
/// <param name="Key">Such as <c>train.loss</c> or <c>probe.pgd10</c>; accuracies lie in [0,1].</param>
/// <param name="Count">Points before thinning.</param>
/// <param name="Seconds">Since the run was created.</param>
public sealed record MetricView(string Key, int Count, double? Min, double? Max, double? Last,
    IReadOnlyList<int> Steps, IReadOnlyList<int> Epochs, IReadOnlyList<int> Seconds, IReadOnlyList<double?> Values);

/// <summary>Metrics of a run as of an event.</summary>
/// <param name="LastSeq">The newest event these hold: watch the run from here to keep them live.</param>
public sealed record RunMetrics(string RunId, long LastSeq, IReadOnlyList<MetricView> Series);

/// <summary>Reads metric series.</summary>
public sealed class MetricService(LabStore store)
{
    public const int DefaultPoints = 1000, MaxPoints = 10_000;

    /// <summary>Series of a run, each with at most <paramref name="points"/> points.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="keys">Wanted keys; a trailing <c>*</c> takes all that begin so; null or empty: all.</param>
    /// <param name="from">First step.</param>
    /// <param name="points">2 to <see cref="MaxPoints"/>.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="Refusal">404; 400 for a number of points out of range.</exception>
    public async Task<RunMetrics> Get(string runId, IReadOnlyList<string>? keys, long from, int points, CancellationToken cancel)
    {
        if (points is < 2 or > MaxPoints) throw Refusal.Invalid("points", $"got {points}, wanted 2 to {MaxPoints}");
        await using var read = store.Read();
        var run = await RunService.Find(read, runId, cancel);
        var all = await read.MetricSeries.Where(s => s.RunId == runId).OrderBy(s => s.Key).ToListAsync(cancel);
        var views = new List<MetricView>();
        foreach (var series in all.Where(s => Wanted(s.Key, keys)))
            views.Add(View(series, Thinned(await Points(read, series, from, cancel), points)));
        return new RunMetrics(runId, run.LastSeq, views);
    }

    /// <summary>As CSV: <c>key,step,epoch,seconds,value</c>, invariant numbers, not thinned unless asked.</summary>
    public async Task<string> Csv(string runId, IReadOnlyList<string>? keys, long from, int points, CancellationToken cancel)
    {
        var metrics = await Get(runId, keys, from, points, cancel);
        var text = new StringBuilder("key,step,epoch,seconds,value\n");
        foreach (var series in metrics.Series)
            for (var i = 0; i < series.Steps.Count; i++)
                text.Append(CultureInfo.InvariantCulture, $"{series.Key},{series.Steps[i]},{series.Epochs[i]},{series.Seconds[i]},{series.Values[i]}\n");
        return text.ToString();
    }

    /// <summary>Smallest and largest value of each of n/2 stretches, and the first and last point.</summary>
    internal static IReadOnlyList<MetricPoint> Thinned(IReadOnlyList<MetricPoint> points, int most)
    {
        if (points.Count <= most) return points;
        var kept = new SortedSet<int> { 0, points.Count - 1 };
        var stretches = Math.Max(1, (most - 2) / 2);
        for (var s = 0; s < stretches; s++)
        {
            int begin = (int)((long)points.Count * s / stretches), end = (int)((long)points.Count * (s + 1) / stretches);
            int low = begin, high = begin;
            for (var i = begin; i < end; i++)
            {
                // What is not a number is an extreme worth seeing.
                if (!(points[i].Value >= points[low].Value) && !float.IsNaN(points[low].Value)) low = i;
                if (points[i].Value > points[high].Value) high = i;
            }
            kept.Add(low);
            kept.Add(high);
        }
        return [.. kept.Take(most).Select(i => points[i])];
    }

    /// <summary>The points of the course that counts: where a resumed attempt went over the same steps again, its points replace the older ones.</summary>
    internal static List<MetricPoint> OneCourse(IEnumerable<MetricPoint> points)
    {
        var course = new List<MetricPoint>();
        foreach (var point in points)
        {
            while (course.Count > 0 && course[^1].Step >= point.Step) course.RemoveAt(course.Count - 1);
            course.Add(point);
        }
        return course;
    }

    private static async Task<List<MetricPoint>> Points(LabContext read, MetricSeries series, long from, CancellationToken cancel)
    {
        var chunks = await read.MetricChunks.Where(c => c.SeriesId == series.Id && c.LastStep >= from).OrderBy(c => c.Number).Select(c => c.Points).ToListAsync(cancel);
        return OneCourse(chunks.SelectMany(MetricPoint.ReadAll).Where(p => p.Step >= from));
    }

    private static MetricView View(MetricSeries series, IReadOnlyList<MetricPoint> points) => new(series.Key, series.Count, series.Min, series.Max, series.Last,
        [.. points.Select(p => p.Step)], [.. points.Select(p => p.Epoch)], [.. points.Select(p => p.Seconds)],
        [.. points.Select(p => float.IsFinite(p.Value) ? Shortest(p.Value) : (double?)null)]);

    // 0.1f is 0.1, not 0.10000000149
    private static double Shortest(float value) => double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static bool Wanted(string key, IReadOnlyList<string>? keys) => keys is not { Count: > 0 }
        || keys.Any(k => k.EndsWith('*') ? key.StartsWith(k[..^1], StringComparison.Ordinal) : k == key);
}
