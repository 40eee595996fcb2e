using System.Text.Json.Nodes;
using WebLab.Api.Experiments;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Sweeps;

/// <summary>A new sweep.</summary>
/// <param name="Recipe">Stands where no axis says otherwise.</param>
/// <param name="Axes">Fields that vary: <c>{"path":"optimizer.lr","values":[0.1,0.2]}</c>, or a range <c>{"path":"optimizer.lr","low":0.001,"high":1,"scale":"log","count":4}</c>.</param>
/// <param name="Kind"><c>grid</c>: every combination; <c>random</c>: <paramref name="Points"/> draws.</param>
/// <param name="Points">How many, for a random sweep.</param>
/// <param name="Seed">Of the draws; equal seeds give equal points.</param>
/// <param name="Seeds">Every point has a run for each; absent: the recipe's own seed.</param>
/// <param name="Start">False: keep the points as drafts.</param>
/// <param name="ParentId">The experiment whose recipe it varies.</param>
public sealed record NewSweep(JsonNode Recipe, IReadOnlyList<SweepAxis> Axes, SweepKind Kind = SweepKind.Grid, int Points = 0, int Seed = 0, string? Name = null, string? Question = null,
    IReadOnlyList<string>? Tags = null, IReadOnlyList<int>? Seeds = null, int Priority = 0, bool Start = true, string? ParentId = null);

/// <summary>A point that a sweep would try.</summary>
/// <param name="Values">By path of the axis.</param>
/// <param name="Seconds">About what one run of it takes.</param>
/// <param name="Errors">What is wrong with it; empty where it can run.</param>
public sealed record PlannedPoint(int Number, IReadOnlyDictionary<string, JsonNode?> Values, double? Seconds, IReadOnlyList<RecipeFinding> Errors);

/// <summary>What a sweep would do; nothing is stored.</summary>
/// <param name="Errors">Everything that keeps it from starting: fields of the sweep, and points with their fields (<c>points[3].optimizer.lr</c>).</param>
/// <param name="Runs">Points times seeds.</param>
/// <param name="SecondsInAll">About how long all runs take, over the slots there are.</param>
/// <param name="Basis">How far to trust that.</param>
public sealed record SweepPreview(bool Valid, IReadOnlyList<RecipeFinding> Errors, IReadOnlyList<PlannedPoint> Points, int Runs, double? SecondsInAll, long? CheckpointBytes, string? Basis);

/// <summary>A sweep as lists show it.</summary>
public record SweepSummary
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public string? Question { get; init; }
    public required SweepKind Kind { get; init; }

    /// <summary>Paths of the fields that vary.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Number of experiments, one for each point, without those in the trash.</summary>
    public required int Points { get; init; }
    public required ExperimentStatus Status { get; init; }

    /// <summary>Number of runs by status.</summary>
    public required IReadOnlyDictionary<string, int> RunCounts { get; init; }

    /// <summary>The best mean of robust accuracy over the seeds of a point.</summary>
    public double? BestRobust { get; init; }
    public string? CreatedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? TrashedAt { get; init; }

    /// <summary>The ETag without quotes.</summary>
    public required string Version { get; init; }
}

/// <summary>A sweep with its points.</summary>
public sealed record SweepDetail : SweepSummary
{
    public required IReadOnlyList<SweepAxis> Axes { get; init; }

    /// <summary>Of the draws of a random sweep.</summary>
    public required int Seed { get; init; }

    /// <summary>Training seeds of every point.</summary>
    public required IReadOnlyList<int> Seeds { get; init; }

    /// <summary>The recipe that stands where no axis says otherwise.</summary>
    public required JsonNode Recipe { get; init; }
    public required IReadOnlyList<SweepRow> Rows { get; init; }
}

/// <summary>A point that was tried.</summary>
/// <param name="Values">By path of the axis.</param>
public sealed record SweepRow(int Number, IReadOnlyDictionary<string, JsonNode?> Values, ExperimentSummary Experiment);
