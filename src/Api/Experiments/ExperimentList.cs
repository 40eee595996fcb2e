using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Experiments;

/// <summary>How experiments are narrowed, sorted and paged.</summary>
internal static class ExperimentList
{
    public static Dictionary<string, Func<IQueryable<Experiment>, FilterTerm, IQueryable<Experiment>>> Fields(LabContext read) => new()
    {
        ["status"] = (q, t) => t.Words<RunStatus>() is var w && t.IsNegated
            ? q.Where(x => !read.Runs.Any(r => r.ExperimentId == x.Id && r.TrashedAt == null && w.Contains(r.Status)))
            : q.Where(x => read.Runs.Any(r => r.ExperimentId == x.Id && r.TrashedAt == null && w.Contains(r.Status))),
        ["method"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.Method)) : q.Where(x => t.Values.Contains(x.Method)),
        ["dataset"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.DatasetId)) : q.Where(x => t.Values.Contains(x.DatasetId)),
        ["architecture"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.Architecture)) : q.Where(x => t.Values.Contains(x.Architecture)),
        ["name"] = (q, t) => t.IsNegated ? q.Where(x => !t.Values.Contains(x.Name)) : q.Where(x => t.Values.Contains(x.Name)),
        ["tag"] = (q, t) => $",{t.Only("=", ":", "!=").Value}," is var tag && t.IsNegated ? q.Where(x => !x.TagList.Contains(tag)) : q.Where(x => x.TagList.Contains(tag)),
        ["clean"] = (q, t) => Numbers.Compare(q, x => read.Runs.Where(r => r.ExperimentId == x.Id).Average(r => r.CleanAccuracy), t),
        ["robust"] = (q, t) => Numbers.Compare(q, x => read.Runs.Where(r => r.ExperimentId == x.Id).Average(r => r.RobustAccuracy), t),
        ["best"] = (q, t) => Numbers.Compare(q, x => read.Runs.Where(r => r.ExperimentId == x.Id).Max(r => r.BestRobustAccuracy), t),
    };

    public static IQueryable<Experiment> Narrow(LabContext read, ExperimentQuery query)
    {
        var rows = Filter.Apply(read.Experiments, Filter.Parse(query.Filter), Fields(read));
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

    /// <summary>Rows behind the cursor, in order. A cursor for a sort by name is <c>id name</c>.</summary>
    public static IQueryable<Experiment> Order(IQueryable<Experiment> rows, string? sort, string? after)
    {
        var id = after?.Split(' ', 2)[0];
        var name = after?.Split(' ', 2) is [_, var text] ? text : null;
        switch (sort)
        {
            case null or "" or "-createdAt": return rows.Where(x => id == null || x.Id.CompareTo(id) < 0).OrderByDescending(x => x.Id);
            case "createdAt": return rows.Where(x => id == null || x.Id.CompareTo(id) > 0).OrderBy(x => x.Id);
            case "name": return rows.Where(x => name == null || x.Name.CompareTo(name) > 0 || (x.Name == name && x.Id.CompareTo(id) > 0)).OrderBy(x => x.Name).ThenBy(x => x.Id);
            case "-name": return rows.Where(x => name == null || x.Name.CompareTo(name) < 0 || (x.Name == name && x.Id.CompareTo(id) < 0)).OrderByDescending(x => x.Name).ThenByDescending(x => x.Id);
            default: throw Refusal.Invalid("sort", $"got '{sort}', wanted createdAt, -createdAt, name or -name");
        }
    }

    public static string Key(ExperimentSummary row, string? sort) => sort is "name" or "-name" ? $"{row.Id} {row.Name}" : row.Id;

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
}
