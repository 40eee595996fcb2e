using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Runs;

/// <summary>One metric over the run, thinned so that extremes stay visible. The lists are parallel; a value that is not a number is null.</summary>
/// <param name="Key">Such as <c>train.loss</c> or <c>probe.pgd10</c>; accuracies lie in [0,1].</param>
/// <param name="Count">Points before thinning.</param>
/// <param name="Seconds">Since the run was created.</param>
/// <param name="Smoothed">The values smoothed over the whole series before it was thinned; absent unless asked for.</param>
public sealed record MetricView(string Key, int Count, double? Min, double? Max, double? Last,
    IReadOnlyList<int> Steps, IReadOnlyList<int> Epochs, IReadOnlyList<int> Seconds, IReadOnlyList<double?> Values, IReadOnlyList<double?>? Smoothed = null);

/// <summary>Metrics of a run as of an event.</summary>
/// <param name="LastSeq">The newest event these hold: watch the run from here to keep them live.</param>
/// <param name="StepsPerEpoch">Turns steps into epochs; absent before the end of the first.</param>
/// <param name="StartedSeconds">From its creation to its first start: subtract to have the time of work.</param>
public sealed record RunMetrics(string RunId, long LastSeq, IReadOnlyList<MetricView> Series, double? StepsPerEpoch = null, int StartedSeconds = 0);

/// <summary>A metric that a run has, without its points.</summary>
public sealed record MetricKey(string Key, int Count, double? Min, double? Max, double? Last);

/// <summary>What is asked of a run's metrics.</summary>
/// <param name="Keys">Wanted keys; a trailing <c>*</c> takes all that begin so; null or empty: all.</param>
/// <param name="From">First step.</param>
/// <param name="To">Last step; null: the newest.</param>
/// <param name="Points">Most points of a series, 2 to <see cref="MetricService.MaxPoints"/>.</param>
/// <param name="Smooth">Weight of <see cref="Smoothing.Debiased"/>; 0: as it is.</param>
public sealed record MetricQuery(IReadOnlyList<string>? Keys = null, long From = 0, long? To = null, int Points = MetricService.DefaultPoints, double Smooth = 0);

/// <summary>Reads metric series.</summary>
public sealed class MetricService(LabStore store)
{
    public const int DefaultPoints = 1000, MaxPoints = 10_000;

    private const int MostKept = 1 << 19; // thinned points that are kept for who asks next, some 20 MB

    private readonly MemoryCache _views = new(new MemoryCacheOptions { SizeLimit = MostKept });

    /// <summary>Series of a run, each with at most so many points. Smoothing sees every point, whatever part of them is asked for.</summary>
    /// <exception cref="Refusal">404; 400 for a number out of range.</exception>
    public async Task<RunMetrics> Get(string runId, MetricQuery query, CancellationToken cancel)
    {
        if (query.Points is < 2 or > MaxPoints) throw Refusal.Invalid("points", $"got {query.Points}, wanted 2 to {MaxPoints}");
        if (query.Smooth is not (>= 0 and <= Smoothing.Most)) throw Refusal.Invalid("smooth", string.Create(CultureInfo.InvariantCulture, $"got {query.Smooth}, wanted 0 to {Smoothing.Most}"));
        if (query.To < query.From) throw Refusal.Invalid("to", $"got {query.To}, wanted at least from, which is {query.From}");
        await using var read = store.Read();
        var run = await RunService.Find(read, runId, cancel);
        var all = await read.MetricSeries.Where(s => s.RunId == runId).OrderBy(s => s.Key).ToListAsync(cancel);
        var views = new List<MetricView>();
        foreach (var series in all.Where(s => Wanted(s.Key, query.Keys)))
            views.Add(await View(read, series, query, cancel));
        var started = run.StartedAt is { } at ? (int)Math.Clamp((at - run.CreatedAt).TotalSeconds, 0, int.MaxValue) : 0;
        return new RunMetrics(runId, run.LastSeq, views, run is { Epoch: > 0, Step: > 0 } ? (double)run.Step.Value / run.Epoch.Value : null, started);
    }

    /// <summary>The metrics that a run has.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<IReadOnlyList<MetricKey>> Keys(string runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        await RunService.Find(read, runId, cancel);
        return await read.MetricSeries.Where(s => s.RunId == runId).OrderBy(s => s.Key).Select(s => new MetricKey(s.Key, s.Count, s.Min, s.Max, s.Last)).ToListAsync(cancel);
    }

    /// <summary>As CSV: <c>key,step,epoch,seconds,value</c>, and <c>smoothed</c> where asked; invariant numbers, not thinned unless asked.</summary>
    public async Task<string> Csv(string runId, MetricQuery query, CancellationToken cancel)
    {
        var metrics = await Get(runId, query, cancel);
        var text = new StringBuilder("key,step,epoch,seconds,value").Append(query.Smooth > 0 ? ",smoothed\n" : "\n");
        foreach (var series in metrics.Series)
            for (var i = 0; i < series.Steps.Count; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{series.Key},{series.Steps[i]},{series.Epochs[i]},{series.Seconds[i]},{series.Values[i]}");
                if (series.Smoothed is { } smooth) text.Append(CultureInfo.InvariantCulture, $",{smooth[i]}");
                text.Append('\n');
            }
        return text.ToString();
    }

    /// <summary>Smallest and largest value of each of n/2 stretches, some of the gaps, and the first and last point.</summary>
    internal static IReadOnlyList<MetricPoint> Thinned(IReadOnlyList<MetricPoint> points, int most) =>
        points.Count <= most ? points : [.. Kept(points, most).Select(i => points[i])];

    /// <summary>Places of the points that <see cref="Thinned"/> keeps, in order.</summary>
    internal static IReadOnlyCollection<int> Kept(IReadOnlyList<MetricPoint> points, int most)
    {
        if (points.Count <= most) return [.. Enumerable.Range(0, points.Count)];
        var kept = new SortedSet<int> { 0, points.Count - 1 };
        // A gap is worth seeing too: of many, so many that they take a third of the places.
        var gaps = points.Index().Where(p => float.IsNaN(p.Item.Value)).Select(p => p.Index).ToList();
        var shown = Math.Min(gaps.Count, (most - 2) / 3);
        for (var g = 0; g < shown; g++) kept.Add(gaps[(int)((long)gaps.Count * g / shown)]);
        var stretches = (most - 2 - shown) / 2;
        for (var s = 0; s < stretches; s++)
        {
            int begin = (int)((long)points.Count * s / stretches), end = (int)((long)points.Count * (s + 1) / stretches);
            int low = -1, high = -1;
            for (var i = begin; i < end; i++)
            {
                if (float.IsNaN(points[i].Value)) continue;
                if (low < 0 || points[i].Value < points[low].Value) low = i;
                if (high < 0 || points[i].Value > points[high].Value) high = i;
            }
            if (low < 0) continue;
            kept.Add(low);
            kept.Add(high);
        }
        return kept;
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

    // A smoothed point hangs on all before it; a plain one does not.
    private static async Task<List<MetricPoint>> Points(LabContext read, MetricSeries series, MetricQuery query, CancellationToken cancel)
    {
        var from = query.Smooth > 0 ? 0 : query.From;
        var chunks = await read.MetricChunks.Where(c => c.SeriesId == series.Id && c.LastStep >= from).OrderBy(c => c.Number).Select(c => c.Points).ToListAsync(cancel);
        return OneCourse(chunks.SelectMany(MetricPoint.ReadAll).Where(p => p.Step >= from));
    }

    // A page asks before and after its circuit starts, and so do its visitors: points that were thinned stand until there are more.
    private async Task<MetricView> View(LabContext read, MetricSeries series, MetricQuery query, CancellationToken cancel)
    {
        var key = (series.RunId, series.Key, series.Count, query.From, query.To, query.Points, query.Smooth);
        if (_views.TryGetValue(key, out MetricView? known)) return known!;
        var view = View(series, await Points(read, series, query, cancel), query);
        return _views.Set(key, view, new MemoryCacheEntryOptions { Size = view.Steps.Count + 1 });
    }

    private static MetricView View(MetricSeries series, IReadOnlyList<MetricPoint> course, MetricQuery query)
    {
        var smooth = query.Smooth > 0 ? Smoothing.Debiased([.. course.Select(p => (double)p.Value)], query.Smooth) : null;
        var first = course.Count > 0 && course[0].Step < query.From ? course.TakeWhile(p => p.Step < query.From).Count() : 0;
        var points = course.Skip(first).TakeWhile(p => query.To is null || p.Step <= query.To).ToList();
        var kept = Kept(points, query.Points);
        return new(series.Key, series.Count, series.Min, series.Max, series.Last,
            [.. kept.Select(i => points[i].Step)], [.. kept.Select(i => points[i].Epoch)], [.. kept.Select(i => points[i].Seconds)],
            [.. kept.Select(i => float.IsFinite(points[i].Value) ? Shortest(points[i].Value) : (double?)null)],
            smooth is null ? null : [.. kept.Select(i => double.IsFinite(smooth[first + i]) ? Shortest((float)smooth[first + i]) : (double?)null)]);
    }

    // 0.1f is 0.1, not 0.10000000149
    internal static double Shortest(float value) => double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static bool Wanted(string key, IReadOnlyList<string>? keys) => keys is not { Count: > 0 }
        || keys.Any(k => k.EndsWith('*') ? key.StartsWith(k[..^1], StringComparison.Ordinal) : k == key);
}
