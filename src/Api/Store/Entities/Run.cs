using System.Text.Json.Serialization;

namespace WebLab.Api.Store.Entities;

/// <summary>What a job does; all kinds share one queue.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunKind>))]
public enum RunKind { Train, Evaluate, Import, Inspect, Weights }

/// <summary>Where a run stands; written by the system alone.</summary>
public enum RunStatus { Draft, Queued, Starting, Running, Pausing, Paused, Finishing, Completed, Cancelling, Cancelled, Lost, Failed }

/// <summary>What the user wants of a run; written by users alone, so that a click is never lost to a racing worker.</summary>
public enum DesiredState { Run, Pause, Cancel, Kill }

/// <summary>One execution of a frozen recipe (or of an evaluation, inspection or import request, or of weights brought in from elsewhere). The run's folder is the truth, this row its index.</summary>
public sealed class Run : ITagged
{
    public required string Id { get; init; }
    public RunKind Kind { get; init; }

    /// <summary>Set for training runs.</summary>
    public string? ExperimentId { get; set; }

    /// <summary>The checkpoint's run for an evaluation or inspection, the data set for an import of images or weights.</summary>
    public string? SubjectId { get; set; }
    public required string Name { get; set; }
    public long Seed { get; set; }

    /// <summary>The frozen recipe (train, weights) or request (all others) as canonical JSON.</summary>
    public required string RequestJson { get; set; }
    public required string RequestHash { get; set; }

    public RunStatus Status { get; set; }
    public string? StatusReason { get; set; }
    public DesiredState Desired { get; set; }
    public string? DesiredReason { get; set; }
    public DateTimeOffset? DesiredAt { get; set; }

    /// <summary>Higher goes first; within a priority the lower <see cref="QueuePosition"/> goes first.</summary>
    public int Priority { get; set; }
    public double QueuePosition { get; set; }

    /// <summary>Back-off: not to be started earlier.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>Number of the newest attempt, which is also the fence: what an older attempt writes is refused.</summary>
    public int AttemptCount { get; set; }

    /// <summary>Attempts lost since the last checkpoint; the run fails when it reaches <see cref="MaxAttempts"/>.</summary>
    public int LossCount { get; set; }
    public int MaxAttempts { get; set; } = 4;

    public string? LeaseOwner { get; set; }
    public DateTimeOffset? LeaseUntil { get; set; }

    /// <summary>Sequence number of the last event of <c>events.jsonl</c> that these rows have taken in.</summary>
    public long LastSeq { get; set; }

    public int? Epoch { get; set; }
    public int? Epochs { get; set; }
    public long? Step { get; set; }
    public double? ImagesPerSecond { get; set; }

    /// <summary>JSON object of the newest value of each epoch and probe metric, and <c>best.*</c>.</summary>
    public string SummaryJson { get; set; } = "{}";

    /// <summary>Newest and best accuracies in [0,1], as columns so that lists can sort and filter.</summary>
    public double? CleanAccuracy { get; set; }
    public double? RobustAccuracy { get; set; }
    public double? BestRobustAccuracy { get; set; }
    public string? BestCheckpointId { get; set; }
    public string? LastCheckpointId { get; set; }

    public string? FailureCode { get; set; }
    public string? FailureMessage { get; set; }
    public string? FailureSuggestion { get; set; }

    public string? Device { get; set; }
    public string Notes { get; set; } = "";

    /// <inheritdoc cref="ITagged.TagList"/>
    public string TagList { get; set; } = "";
    public string? CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? QueuedAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    public DateTimeOffset? TrashedAt { get; set; }

    /// <summary>Counts changes that a user sees as the resource's own (not progress); the ETag.</summary>
    public long Version { get; set; } = 1;
}

/// <summary>One worker process working on a run.</summary>
public sealed class Attempt
{
    public required string Id { get; init; }
    public required string RunId { get; init; }

    /// <summary>Counts from 1; also the number in <c>attempt-N</c>.</summary>
    public int Number { get; init; }
    public int? Pid { get; set; }

    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? LastBeatAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary><c>completed</c>, <c>paused</c>, <c>cancelled</c>, <c>failed</c> or <c>lost</c>; null while it lives.</summary>
    public string? Outcome { get; set; }
    public int? ExitCode { get; set; }
    public string? FailureCode { get; set; }
    public string? ResumedFrom { get; set; }
    public string? DeviceName { get; set; }
    public string? EnvironmentJson { get; set; }
}
