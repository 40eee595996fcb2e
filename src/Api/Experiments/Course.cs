using System.Linq.Expressions;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Experiments;

/// <summary>What a list of experiments needs of a run: neither its recipe nor its summary.</summary>
internal sealed record Course(string Id, string? ExperimentId, RunStatus Status, double? Clean, double? Robust, double? Best, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, DateTimeOffset? TrashedAt)
{
    public static readonly Expression<Func<Run, Course>> Of = r => new Course(r.Id, r.ExperimentId, r.Status, r.CleanAccuracy, r.RobustAccuracy, r.BestRobustAccuracy, r.StartedAt, r.FinishedAt, r.TrashedAt);

    public static Course From(Run run) => new(run.Id, run.ExperimentId, run.Status, run.CleanAccuracy, run.RobustAccuracy, run.BestRobustAccuracy, run.StartedAt, run.FinishedAt, run.TrashedAt);
}
