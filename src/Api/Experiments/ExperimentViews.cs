using System.Text.Json.Nodes;
using WebLab.Api.Queue;
using WebLab.Api.Runs;

namespace WebLab.Api.Experiments;

/// <summary>Where an experiment as a whole stands.</summary>
public enum ExperimentStatus { Draft, Waiting, Running, Paused, Completed, Failed, Cancelled }

/// <summary>An experiment as lists show it. Accuracies are means over seeds, in [0,1].</summary>
public record ExperimentSummary
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public string? Question { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public required string Method { get; init; }
    public required string Architecture { get; init; }
    public required string DatasetId { get; init; }
    public required ExperimentStatus Status { get; init; }

    /// <summary>Number of runs by status.</summary>
    public required IReadOnlyDictionary<string, int> RunCounts { get; init; }

    /// <summary>Its runs, oldest first.</summary>
    public IReadOnlyList<string> RunIds { get; init; } = [];
    public double? CleanAccuracy { get; init; }
    public double? RobustAccuracy { get; init; }

    /// <summary>Clean accuracy over all seeds that have one.</summary>
    public Spread? Clean { get; init; }

    /// <summary>Accuracy under the probe's attack over all seeds that have one.</summary>
    public Spread? Robust { get; init; }

    /// <summary>Best robust accuracy of each seed, over the seeds.</summary>
    public Spread? Best { get; init; }

    /// <summary>From the first start to the last end, or until now.</summary>
    public double? Seconds { get; init; }
    public string? CreatedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ArchivedAt { get; init; }
    public DateTimeOffset? TrashedAt { get; init; }

    /// <summary>The sweep that it is a point of.</summary>
    public string? SweepId { get; init; }

    /// <summary>Number and values of the point: <c>{"number":0,"values":{"optimizer.lr":0.1}}</c>.</summary>
    public JsonNode? SweepPoint { get; init; }

    /// <summary>When the trash deletes it for good.</summary>
    public DateTimeOffset? PurgedAt { get; init; }

    /// <summary>The ETag without quotes.</summary>
    public required string Version { get; init; }
}

/// <summary>A single experiment with its recipe and runs.</summary>
public sealed record ExperimentDetail : ExperimentSummary
{
    public required string Notes { get; init; }

    /// <summary>The recipe in canonical form.</summary>
    public required JsonNode Recipe { get; init; }

    /// <summary>SHA-256 of the recipe.</summary>
    public required string RecipeHash { get; init; }
    public required KeepPolicy Keep { get; init; }
    public string? ParentId { get; init; }
    public required IReadOnlyList<RunSummary> Runs { get; init; }
}

/// <summary>A new experiment.</summary>
/// <param name="Recipe">Checked by the same rules as everywhere; <c>seed</c> in it is the seed when <paramref name="Seeds"/> is absent.</param>
/// <param name="Seeds">One run each, at most 64.</param>
/// <param name="Keep">Checkpoints that outlive a completed run; absent: the best and the last.</param>
/// <param name="Start">False: keep it as a draft without runs.</param>
/// <param name="ParentId">The experiment it was derived from.</param>
public sealed record NewExperiment(JsonNode Recipe, string? Name = null, string? Question = null, string? Notes = null, IReadOnlyList<string>? Tags = null,
    IReadOnlyList<int>? Seeds = null, int Priority = 0, KeepPolicy? Keep = null, bool Start = true, string? ParentId = null);

/// <summary>What PATCH may change; absent fields stay.</summary>
public sealed record ExperimentPatch(string? Name = null, string? Question = null, string? Notes = null, IReadOnlyList<string>? Tags = null);

/// <summary>More runs of an experiment.</summary>
public sealed record NewRuns(IReadOnlyList<int> Seeds, int Priority = 0);

/// <summary>A clone's own name; absent: the original's with "(copy)".</summary>
public sealed record CloneRequest(string? Name = null);

/// <summary>A recipe to be checked without storing anything.</summary>
public sealed record RecipeDraft(JsonNode Recipe, IReadOnlyList<int>? Seeds = null);

/// <summary>Something wrong or doubtful at a JSON path of the recipe.</summary>
public sealed record RecipeFinding(string Path, string Message);

/// <summary>What a check found.</summary>
/// <param name="Hash">SHA-256 of the recipe when it is valid.</param>
public sealed record RecipeVerdict(bool Valid, IReadOnlyList<RecipeFinding> Errors, IReadOnlyList<RecipeFinding> Warnings, CostEstimate? Cost, string? Hash);

/// <summary>About what a run will cost on this machine. An estimate: its basis says how far to trust it.</summary>
/// <param name="SecondsPerRun">Wall time of one run.</param>
/// <param name="SecondsInAll">Of all seeds, over the slots there are.</param>
/// <param name="ImagesPerSecond">Training images.</param>
/// <param name="PassesPerImage">What one training image takes, attack steps included, in steps of standard training.</param>
/// <param name="Basis">A sentence: what it was calibrated on.</param>
public sealed record CostEstimate(double SecondsPerRun, double SecondsInAll, double ImagesPerSecond, double PassesPerImage, long CheckpointBytes, string Basis);

/// <summary>What a list of experiments is narrowed to.</summary>
/// <param name="Filter">Terms such as <c>status in (running) and method="pgd-at" and robust>=0.4</c>; fields: status, method, dataset, architecture, tag, name, by, parent, sweep, clean, robust, best, seeds, time (seconds).</param>
/// <param name="Text">Found anywhere in name, question or notes.</param>
/// <param name="Sort"><c>createdAt</c>, <c>name</c>, <c>clean</c>, <c>robust</c>, <c>best</c>, <c>seeds</c> or <c>time</c>, downwards with <c>-</c> before it; <c>-createdAt</c> by default. What has no number stands last.</param>
/// <param name="Show"><c>active</c> (default), <c>archived</c>, <c>trashed</c> or <c>all</c> (all but the trash).</param>
public sealed record ExperimentQuery(string? Filter = null, string? Text = null, string? Sort = null, string? Show = null);
