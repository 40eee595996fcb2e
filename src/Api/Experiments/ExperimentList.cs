using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Experiments;

/// <summary>How experiments are narrowed, sorted and paged.</summary>
internal static class ExperimentList
{
    public const string NewestFirst = "-createdAt";

    public static Dictionary<string, Func<IQueryable<Experiment>, FilterTerm, IQueryable<Experiment>>> Fields(LabContext read, DateTimeOffset now)
    {
        var fields = new Dictionary<string, Func<IQueryable<Experiment>, FilterTerm, IQueryable<Experiment>>>
        {
            ["status"] = (q, t) => t.Words<RunStatus>() is var w && t.IsNegated
                ? q.Where(x => !read.Runs.Any(r => r.ExperimentId == x.Id && r.TrashedAt == x.TrashedAt && w.Contains(r.Status)))
                : q.Where(x => read.Runs.Any(r => r.ExperimentId == x.Id && r.TrashedAt == x.TrashedAt && w.Contains(r.Status))),
            ["method"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.Method)) : q.Where(x => t.Values.Contains(x.Method)),
            ["dataset"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.DatasetId)) : q.Where(x => t.Values.Contains(x.DatasetId)),
            ["architecture"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.Architecture)) : q.Where(x => t.Values.Contains(x.Architecture)),
            ["name"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.Name)) : q.Where(x => t.Values.Contains(x.Name)),
            ["by"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.CreatedBy)) : q.Where(x => t.Values.Contains(x.CreatedBy)),
            ["parent"] = (q, t) => t.Only("=", ":", "in") is var o ? q.Where(x => o.Values.Contains(x.ParentId)) : q,
            ["sweep"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.SweepId)) : q.Where(x => t.Values.Contains(x.SweepId)),
            ["tag"] = Tagged,
        };
        foreach (var (name, column) in ExperimentColumns.Of(read, now)) fields[name] = (q, t) => Numbers.Compare(q, column, t);
        return fields;
    }

    public static IQueryable<Experiment> Narrow(LabContext read, ExperimentQuery query, DateTimeOffset now)
    {
        var rows = Filter.Apply(read.Experiments, Filter.Parse(query.Filter), Fields(read, now));
        rows = query.Show switch
        {
            null or "" or "active" => rows.Where(x => x.TrashedAt == null && x.ArchivedAt == null),
            "archived" => rows.Where(x => x.TrashedAt == null && x.ArchivedAt != null),
            "trashed" => rows.Where(x => x.TrashedAt != null),
            "all" => rows.Where(x => x.TrashedAt == null),
            _ => throw Refusal.Invalid("show", $"got '{query.Show}', wanted active, archived, trashed or all"),
        };
        if (string.IsNullOrWhiteSpace(query.Text)) return rows;
        var pattern = Filter.Anywhere(query.Text.Trim());
        return rows.Where(x => EF.Functions.Like(x.Name, pattern, @"\") || EF.Functions.Like(x.Question!, pattern, @"\") || EF.Functions.Like(x.Notes, pattern, @"\"));
    }

    /// <summary>Rows behind the cursor, in order, each with the key that a page after it starts behind: its id, and the text or number that it is sorted by.</summary>
    public static async Task<List<(Experiment Row, string Key)>> Take(LabContext read, IQueryable<Experiment> rows, string? sort, PageRequest page, DateTimeOffset now, CancellationToken cancel)
    {
        var id = page.After?.Split(' ', 2)[0];
        var text = page.After?.Split(' ', 2) is [_, var behind] ? behind : null;
        var column = sort?.TrimStart('-') ?? "";
        if (ExperimentColumns.Of(read, now).TryGetValue(column, out var key)) return await ExperimentColumns.Take(rows, key, sort![0] == '-', id, text, page.Limit + 1, cancel);
        var ordered = sort switch
        {
            null or "" or NewestFirst => rows.Where(x => id == null || x.Id.CompareTo(id) < 0).OrderByDescending(x => x.Id),
            "createdAt" => rows.Where(x => id == null || x.Id.CompareTo(id) > 0).OrderBy(x => x.Id),
            "name" => rows.Where(x => text == null || x.Name.CompareTo(text) > 0 || (x.Name == text && x.Id.CompareTo(id) > 0)).OrderBy(x => x.Name).ThenBy(x => x.Id),
            "-name" => rows.Where(x => text == null || x.Name.CompareTo(text) < 0 || (x.Name == text && x.Id.CompareTo(id) < 0)).OrderByDescending(x => x.Name).ThenByDescending(x => x.Id),
            _ => throw Refusal.Invalid("sort", $"got '{sort}', wanted createdAt, name, {string.Join(", ", ExperimentColumns.Names)}, or one of them with - before it"),
        };
        return [.. (await ordered.Take(page.Limit + 1).ToListAsync(cancel)).Select(x => (x, column == "name" ? $"{x.Id} {x.Name}" : x.Id))];
    }

    /// <summary>One status for all runs together: what needs attention or moves comes first.</summary>
    public static ExperimentStatus Status(IReadOnlyCollection<RunStatus> runs)
    {
        if (runs.Count == 0) return ExperimentStatus.Draft;
        if (runs.Any(StateMachine.HasWorker)) return ExperimentStatus.Running;
        if (runs.Any(s => s is RunStatus.Queued or RunStatus.Lost or RunStatus.Draft)) return ExperimentStatus.Waiting;
        if (runs.Contains(RunStatus.Failed)) return ExperimentStatus.Failed;
        if (runs.Contains(RunStatus.Paused)) return ExperimentStatus.Paused;
        return runs.All(s => s == RunStatus.Cancelled) ? ExperimentStatus.Cancelled : ExperimentStatus.Completed;
    }

    private static IQueryable<Experiment> Tagged(IQueryable<Experiment> rows, FilterTerm term)
    {
        if (term.Only("=", ":", "!=", "in").Values is not [var only])
            return rows.Where(Any([.. term.Values.Select(v => $",{v},")]));
        var tag = $",{only},";
        return term.IsNegated ? rows.Where(x => !x.TagList.Contains(tag)) : rows.Where(x => x.TagList.Contains(tag));
    }

    // x => x.TagList.Contains(a) || x.TagList.Contains(b) || ...: a list of patterns is nothing that SQL could match by itself.
    private static System.Linq.Expressions.Expression<Func<Experiment, bool>> Any(IReadOnlyList<string> tags)
    {
        System.Linq.Expressions.Expression<Func<Experiment, string>> list = x => x.TagList;
        var contains = typeof(string).GetMethod(nameof(string.Contains), [typeof(string)])!;
        var any = tags.Select(t => (System.Linq.Expressions.Expression)System.Linq.Expressions.Expression.Call(list.Body, contains, System.Linq.Expressions.Expression.Constant(t)))
            .Aggregate(System.Linq.Expressions.Expression.OrElse);
        return System.Linq.Expressions.Expression.Lambda<Func<Experiment, bool>>(any, list.Parameters);
    }
}
