using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Experiments;

/// <summary>One metric over all seeds, by epoch. The lists are parallel.</summary>
/// <param name="Mean">Over the seeds that have reached the epoch.</param>
/// <param name="Deviation">Sample standard deviation; null where a single seed has the epoch.</param>
/// <param name="Count">Seeds that have it.</param>
/// <param name="Seeds">Each seed's own line.</param>
public sealed record SeedCurve(string Key, IReadOnlyList<int> Epochs, IReadOnlyList<double> Mean, IReadOnlyList<double?> Deviation, IReadOnlyList<int> Count, IReadOnlyList<SeedLine> Seeds);

/// <summary>One seed's line; the lists are parallel.</summary>
public sealed record SeedLine(string RunId, long Seed, IReadOnlyList<int> Epochs, IReadOnlyList<double> Values);

/// <summary>Metrics of an experiment by epoch, over its seeds.</summary>
/// <param name="LastSeq">Sum of the runs' event numbers: what is unchanged has the same.</param>
public sealed record ExperimentCurves(string ExperimentId, long LastSeq, IReadOnlyList<SeedCurve> Curves);

/// <summary>Puts the seeds of an experiment together, epoch by epoch. Every seed that has a value counts; of several values in an epoch the last counts.</summary>
public sealed class SeedCurves(LabStore store)
{
    public const int MostKeys = 20;
    private static readonly string[] Usual = ["probe.clean", "probe.robust", "train.loss"];

    /// <param name="id">The experiment.</param>
    /// <param name="keys">Metric names; <c>probe.robust</c> stands for whatever attack a run's probe has. Absent: clean, robust and loss.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="Refusal">400, 404.</exception>
    public async Task<ExperimentCurves> Get(string id, IReadOnlyList<string>? keys, CancellationToken cancel)
    {
        if (keys?.Count > MostKeys) throw Refusal.Invalid("keys", $"wanted at most {MostKeys}; got {keys.Count}");
        await using var read = store.Read();
        if (await read.Experiments.SingleOrDefaultAsync(x => x.Id == id, cancel) is not { } row) throw Refusal.NotFound("experiment", id);
        var runs = await read.Runs.Where(r => r.ExperimentId == id && r.TrashedAt == row.TrashedAt).OrderBy(r => r.Id).Select(r => new { r.Id, r.Seed, r.LastSeq }).ToListAsync(cancel);
        var ids = runs.Select(r => r.Id).ToList();
        var series = (await read.MetricSeries.Where(s => ids.Contains(s.RunId)).ToListAsync(cancel)).ToLookup(s => s.RunId);
        var curves = new List<SeedCurve>();
        foreach (var key in keys is { Count: > 0 } ? keys : Usual)
        {
            var lines = new List<SeedLine>();
            foreach (var run in runs)
                if (Chosen(series[run.Id], key) is { } one && await ByEpoch(read, one, cancel) is { Count: > 0 } points)
                    lines.Add(new SeedLine(run.Id, run.Seed, [.. points.Keys], [.. points.Values]));
            curves.Add(Together(key, lines));
        }

        return new ExperimentCurves(id, runs.Sum(r => r.LastSeq), curves);
    }

    internal static SeedCurve Together(string key, IReadOnlyList<SeedLine> lines)
    {
        var byEpoch = lines.SelectMany(l => l.Epochs.Zip(l.Values)).GroupBy(p => p.First).OrderBy(g => g.Key)
            .Select(g => (Epoch: g.Key, Spread: Spread.Of(g.Select(p => (double?)p.Second))!)).ToList();
        return new SeedCurve(key, [.. byEpoch.Select(e => e.Epoch)], [.. byEpoch.Select(e => e.Spread.Mean)],
            [.. byEpoch.Select(e => e.Spread.Deviation)], [.. byEpoch.Select(e => e.Spread.Count)], lines);
    }

    private static MetricSeries? Chosen(IEnumerable<MetricSeries> series, string key) => key == "probe.robust"
        ? series.Where(s => s.Key.StartsWith("probe.", StringComparison.Ordinal) && s.Key != "probe.clean").MinBy(s => s.Key, StringComparer.Ordinal)
        : series.FirstOrDefault(s => s.Key == key);

    // Series that are logged by step are read as of their last point in an epoch: a chart by epoch shows no more.
    private static async Task<SortedDictionary<int, double>> ByEpoch(LabContext read, MetricSeries series, CancellationToken cancel)
    {
        var points = new SortedDictionary<int, double>();
        await foreach (var chunk in read.MetricChunks.Where(c => c.SeriesId == series.Id).OrderBy(c => c.Number).Select(c => c.Points).AsAsyncEnumerable().WithCancellation(cancel))
            foreach (var point in MetricPoint.ReadAll(chunk))
            {
                if (!float.IsFinite(point.Value)) points.Remove(point.Epoch);
                else points[point.Epoch] = MetricService.Shortest(point.Value);
            }

        return points;
    }
}
