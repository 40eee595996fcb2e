using WebLab.Api.Accounts;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;
using WebLab.Engine.Training;

namespace WebLab.Api.Notices;

/// <summary>Something that people here and programs elsewhere may want to hear of.</summary>
/// <param name="Event">As webhooks name it: <c>run.finished</c>, <c>run.failed</c>, <c>run.stalled</c>, <c>run.watchdog</c> or <c>threshold</c>.</param>
/// <param name="Text">One sentence.</param>
public sealed record News(string Event, NoticeKind Kind, string Title, string Text)
{
    /// <summary>Set for <c>threshold</c>: what was reached, and by what value.</summary>
    public Threshold? Threshold { get; init; }
    public double? Value { get; init; }

    /// <summary>What a change of status tells; null for one that nobody needs to hear of. A cancelled run is no news to who cancelled it.</summary>
    public static News? Of(Run run, StatusChanged change) => Enum.TryParse<RunStatus>(change.To, ignoreCase: true, out var to) ? to switch
    {
        RunStatus.Completed => new("run.finished", NoticeKind.Finished, $"{run.Name} finished", Figures(run)),
        RunStatus.Failed => new("run.failed", NoticeKind.Failed, $"{run.Name} failed", change.Message ?? change.Reason ?? "It ended with an error."),
        RunStatus.Lost => new("run.stalled", NoticeKind.Stalled, $"{run.Name} stalled", $"{change.Message ?? "Its worker was lost."} It goes on by itself while attempts are left."),
        _ => null,
    } : null;

    /// <summary>A threshold that a value has reached.</summary>
    public static News Of(Run run, Threshold threshold, double value, int epoch) => new("threshold", NoticeKind.Threshold, $"{run.Name}: {threshold.Words}",
        FormattableString.Invariant($"{threshold.Metric} is {value:0.####} after epoch {epoch}.")) { Threshold = threshold, Value = value };

    /// <summary>What the watchdog says of a run's probes; null while it is quiet.</summary>
    public static News? Of(Run run, IEnumerable<ProbeCompleted> probes) => Watchdog.Look([.. probes.Select(Point).OfType<ProbePoint>()]) is not { } alarm ? null
        : new("run.watchdog", NoticeKind.Watchdog, $"{run.Name}: {(alarm.Kind == Overfit.Catastrophic ? "catastrophic" : "robust")} over-fitting",
            FormattableString.Invariant($"Accuracy under attack was {alarm.Best * 100:0.0} % around epoch {alarm.BestEpoch} and is {alarm.Now * 100:0.0} % at epoch {alarm.Epoch}."));

    private static ProbePoint? Point(ProbeCompleted probe)
    {
        var robust = probe.Values.Where(v => v.Key.StartsWith("probe.", StringComparison.Ordinal) && v.Key != "probe.clean").Select(v => (double?)v.Value).FirstOrDefault();
        return robust is { } accuracy && probe.Values.TryGetValue("probe.clean", out var clean) ? new ProbePoint(probe.Epoch, probe.Samples, clean, accuracy) : null;
    }

    private static string Figures(Run run) => (run.CleanAccuracy, run.BestRobustAccuracy ?? run.RobustAccuracy) switch
    {
        ({ } clean, { } robust) => FormattableString.Invariant($"Clean accuracy {clean * 100:0.0} %, {(run.BestRobustAccuracy is null ? "robust" : "best robust")} accuracy {robust * 100:0.0} %."),
        ({ } clean, null) => FormattableString.Invariant($"Clean accuracy {clean * 100:0.0} %."),
        _ => "It completed.",
    };
}
