using System.Text.Json.Nodes;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Compare;

/// <summary>Whether more or less of a figure is better.</summary>
public enum Better { More, Less, Neither }

/// <summary>How a figure is read.</summary>
public enum Measure { Number, Share, Seconds }

/// <summary>A run among others.</summary>
/// <param name="Name">Told apart from others of the same name by the end of its id.</param>
/// <param name="EvaluationId">Its newest completed evaluation, whose figures are compared.</param>
/// <param name="CurveId">Its newest completed evaluation over several radii.</param>
public sealed record ComparedRun(string Id, string Name, RunStatus Status, long Seed, string? ExperimentId, string? ExperimentName, string? Device, string? EvaluationId, string? CurveId);

/// <summary>Runs of one experiment, one for each seed.</summary>
/// <param name="Name">The experiment's.</param>
/// <param name="Runs">Places in the list of runs.</param>
public sealed record SeedGroup(string? ExperimentId, string Name, IReadOnlyList<int> Runs);

/// <summary>One figure of all runs; null where a run does not have it.</summary>
/// <param name="Key">Such as <c>probe.clean</c>, <c>eval.worst</c> or <c>run.seconds</c>.</param>
/// <param name="Differs">Whether the runs that have it differ in it, or one lacks it.</param>
/// <param name="Best">Places of the best values; empty where no direction is better or all are the same.</param>
public sealed record FigureRow(string Key, string Name, Measure Measure, Better Better, IReadOnlyList<double?> Values, bool Differs, IReadOnlyList<int> Best);

/// <summary>One field of all recipes; null where a recipe does not have it.</summary>
public sealed record RecipeRow(string Path, IReadOnlyList<JsonNode?> Values, bool Differs);

/// <summary>Runs side by side.</summary>
/// <param name="Missing">Ids that were asked for and are not here.</param>
public sealed record Comparison(IReadOnlyList<ComparedRun> Runs, IReadOnlyList<string> Missing, IReadOnlyList<SeedGroup> Groups, IReadOnlyList<FigureRow> Figures, IReadOnlyList<RecipeRow> Recipe);

/// <summary>Two runs, image by image, by their newest evaluations.</summary>
/// <param name="First">The first run of the list that has an evaluation.</param>
/// <param name="Sentence">What may be claimed, or why nothing can be said.</param>
/// <param name="Difference">First minus second, in [-1,1]; absent where the two cannot be paired.</param>
/// <param name="P">McNemar's exact test.</param>
/// <param name="Images">Images that both looked at.</param>
public sealed record RunVerdict(string First, string Second, string FirstEvaluationId, string? SecondEvaluationId, string Sentence,
    double? Difference, double? Low, double? High, double? P, long? Images, bool Claimed);
