using System.Globalization;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Experiments;

/// <summary>
/// The numbers that experiments are sorted and filtered by, each over all runs of the experiment and in SQL: means of accuracies, number of runs, time.
/// An experiment in the trash counts the runs that went there with it.
/// </summary>
internal static class ExperimentColumns
{
    public static readonly string[] Names = ["clean", "robust", "best", "seeds", "time"];

    public static Dictionary<string, Expression<Func<Experiment, double?>>> Of(LabContext read, DateTimeOffset now)
    {
        var moment = now.ToUnixTimeMilliseconds();
        return new()
        {
            ["clean"] = x => read.Runs.Where(r => r.ExperimentId == x.Id && r.TrashedAt == x.TrashedAt).Average(r => r.CleanAccuracy),
            ["robust"] = x => read.Runs.Where(r => r.ExperimentId == x.Id && r.TrashedAt == x.TrashedAt).Average(r => r.RobustAccuracy),
            ["best"] = x => read.Runs.Where(r => r.ExperimentId == x.Id && r.TrashedAt == x.TrashedAt).Average(r => r.BestRobustAccuracy),
            ["seeds"] = x => read.Runs.Count(r => r.ExperimentId == x.Id && r.TrashedAt == x.TrashedAt),
            // Times are stored as milliseconds; a run that goes on lasts until now.
            ["time"] = x => read.Runs.Where(r => r.ExperimentId == x.Id && r.TrashedAt == x.TrashedAt && r.StartedAt != null).Max(r => (long?)(object?)r.FinishedAt ?? moment) / 1000.0
                - read.Runs.Where(r => r.ExperimentId == x.Id && r.TrashedAt == x.TrashedAt && r.StartedAt != null).Min(r => (long?)(object?)r.StartedAt) / 1000.0,
        };
    }

    /// <summary>Rows behind (id, number), sorted by a number; those without one stand last either way.</summary>
    public static async Task<List<(Experiment Row, string Key)>> Take(IQueryable<Experiment> rows, Expression<Func<Experiment, double?>> column, bool down, string? id, string? behind, int most, CancellationToken cancel)
    {
        var keyed = rows.Select(Expression.Lambda<Func<Experiment, Keyed>>(Expression.MemberInit(Expression.New(typeof(Keyed)),
            Expression.Bind(typeof(Keyed).GetProperty(nameof(Keyed.Row))!, column.Parameters[0]), Expression.Bind(typeof(Keyed).GetProperty(nameof(Keyed.Key))!, column.Body)), column.Parameters));
        if (id is not null)
        {
            var number = behind is { Length: > 0 } ? Read(behind) : (double?)null;
            keyed = (number, down) switch
            {
                (null, _) => keyed.Where(k => k.Key == null && k.Row!.Id.CompareTo(id) < 0),
                (_, true) => keyed.Where(k => k.Key == null || k.Key < number || (k.Key == number && k.Row!.Id.CompareTo(id) < 0)),
                _ => keyed.Where(k => k.Key == null || k.Key > number || (k.Key == number && k.Row!.Id.CompareTo(id) < 0)),
            };
        }

        var known = keyed.OrderBy(k => k.Key == null);
        var sorted = (down ? known.ThenByDescending(k => k.Key) : known.ThenBy(k => k.Key)).ThenByDescending(k => k.Row!.Id);
        return [.. (await sorted.Take(most).ToListAsync(cancel)).Select(k => (k.Row!, k.Key is { } key ? string.Create(CultureInfo.InvariantCulture, $"{k.Row!.Id} {key:R}") : $"{k.Row!.Id} "))];
    }

    private static double Read(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : throw Refusal.Invalid("cursor", "is not a cursor of this order; begin at the first page");

    private sealed class Keyed
    {
        public Experiment? Row { get; init; }
        public double? Key { get; init; }
    }
}
