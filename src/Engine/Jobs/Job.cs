namespace WebLab.Engine.Jobs;

/// <summary>One attempt at a job, as its body sees it.</summary>
/// <param name="Folder">The job's folder.</param>
/// <param name="Spec">What <c>job.json</c> says.</param>
/// <param name="Attempt">The attempt's folder.</param>
/// <param name="Outbox">Where events go.</param>
/// <param name="Control">Tells what the server wants; to be called between pieces of work.</param>
/// <param name="Time">Clock of events and rates; no result depends on it.</param>
public sealed record Job(JobFolder Folder, JobSpec Spec, AttemptFolder Attempt, Outbox Outbox, Control Control, TimeProvider Time);

/// <summary>How a job ended that did not fail.</summary>
/// <param name="Outcome"><c>completed</c> or <c>paused</c>.</param>
/// <param name="Values">Final figures.</param>
public sealed record JobEnd(string Outcome, IReadOnlyDictionary<string, double> Values)
{
    public static JobEnd Completed(IReadOnlyDictionary<string, double>? values = null) => new("completed", values ?? new Dictionary<string, double>());

    public static JobEnd Paused { get; } = new("paused", new Dictionary<string, double>());
}
