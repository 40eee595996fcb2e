using System.Text.Json.Nodes;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Runs;

/// <summary>Where a run that works is.</summary>
/// <param name="Fraction">Done, in [0,1].</param>
/// <param name="EtaSeconds">Until the end, at the present pace.</param>
public sealed record RunProgress(int? Epoch, int? Epochs, long? Step, long? Steps, double? Loss, double? Lr, double? ImagesPerSecond, double? EtaSeconds, double? Fraction);

/// <summary>Why a run failed.</summary>
/// <param name="Code">Such as <c>nan-loss</c>, <c>oom</c>, <c>worker-lost</c>.</param>
/// <param name="LastLines">The last lines the worker wrote, at most 50; only on single runs.</param>
public sealed record RunFailure(string Code, string Message, string? Suggestion, IReadOnlyList<string>? LastLines);

/// <summary>A run as lists show it. Accuracies lie in [0,1].</summary>
public record RunSummary
{
    public required string Id { get; init; }
    public required RunKind Kind { get; init; }
    public string? ExperimentId { get; init; }

    /// <summary>The checkpoint's run (evaluation) or the data set (import).</summary>
    public string? SubjectId { get; init; }
    public required string Name { get; init; }
    public required long Seed { get; init; }
    public required RunStatus Status { get; init; }
    public string? StatusReason { get; init; }
    public required DesiredState Desired { get; init; }
    public required int Priority { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public RunProgress? Progress { get; init; }
    public double? CleanAccuracy { get; init; }
    public double? RobustAccuracy { get; init; }
    public double? BestRobustAccuracy { get; init; }
    public RunFailure? Failure { get; init; }
    public string? Device { get; init; }
    public required int AttemptCount { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? QueuedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public DateTimeOffset? TrashedAt { get; init; }

    /// <summary>What may be done to it now.</summary>
    public required IReadOnlyList<RunAction> Actions { get; init; }

    /// <summary>The ETag without quotes.</summary>
    public required string Version { get; init; }
}

/// <summary>A single run with everything.</summary>
public sealed record RunDetail : RunSummary
{
    /// <summary>The frozen recipe or request.</summary>
    public required JsonNode Request { get; init; }

    /// <summary>SHA-256 of the recipe: equal hashes mean equal runs.</summary>
    public required string RequestHash { get; init; }
    public required string Notes { get; init; }

    /// <summary>Newest value of each epoch and probe metric, and <c>best.*</c>.</summary>
    public required JsonNode Summary { get; init; }
    public required IReadOnlyList<AttemptView> Attempts { get; init; }
    public string? BestCheckpointId { get; init; }
    public string? LastCheckpointId { get; init; }

    /// <summary>Number of the newest event; ask for those after it.</summary>
    public required long LastSeq { get; init; }
    public string? CreatedBy { get; init; }
}

/// <summary>One worker process that worked on the run.</summary>
/// <param name="Signal">That ended the process, such as <c>SIGKILL</c>; absent when it ended by itself.</param>
/// <param name="Environment">Device, threads, precision, libtorch and version, as the worker reported them.</param>
public sealed record AttemptView(int Number, int? Pid, DateTimeOffset StartedAt, DateTimeOffset? LastBeatAt, DateTimeOffset? EndedAt, string? Outcome,
    int? ExitCode, string? FailureCode, string? ResumedFrom, string? DeviceName, JsonNode? Environment, string? Signal = null);

/// <summary>What PATCH may change; absent fields stay.</summary>
public sealed record RunPatch(string? Name = null, string? Notes = null, IReadOnlyList<string>? Tags = null, int? Priority = null);

/// <summary>What a list of runs is narrowed to.</summary>
/// <param name="Filter">Terms such as <c>status in (queued,running) and robust>=0.4</c>; fields: status, kind, experiment, tag, seed, priority, clean, robust, best, name.</param>
/// <param name="Text">Found anywhere in the name.</param>
/// <param name="Sort"><c>-createdAt</c> (newest first, default) or <c>createdAt</c>.</param>
/// <param name="Trashed">Show the trash instead.</param>
public sealed record RunQuery(string? Filter = null, string? Text = null, string? Sort = null, bool Trashed = false);
