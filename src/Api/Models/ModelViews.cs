using WebLab.Api.Store.Entities;

namespace WebLab.Api.Models;

/// <summary>A model as lists show it.</summary>
/// <param name="Name">Addresses name it; unique without regard to case.</param>
/// <param name="Versions">How many it has.</param>
/// <param name="Newest">The version with the highest number; absent for a model without any.</param>
/// <param name="Released">Number of the newest released version.</param>
/// <param name="Version">The ETag without quotes.</param>
public record ModelSummary(string Name, IReadOnlyList<string> Tags, int Versions, VersionSummary? Newest, int? Released, string? CreatedBy, DateTimeOffset CreatedAt,
    DateTimeOffset? TrashedAt, string Version);

/// <summary>A model with its versions, newest first.</summary>
/// <param name="Notes">Markdown.</param>
public sealed record ModelDetail(string Name, string Notes, IReadOnlyList<string> Tags, IReadOnlyList<VersionSummary> Items, string? CreatedBy, DateTimeOffset CreatedAt,
    DateTimeOffset? TrashedAt, string Version);

/// <summary>A version as lists show it. Accuracies lie in [0,1].</summary>
/// <param name="Number">From 1.</param>
/// <param name="CleanAccuracy">Of the training's probe at that checkpoint.</param>
/// <param name="Robust">The best figure that can be trusted (grade A or B); absent: none yet.</param>
/// <param name="Version">The ETag without quotes.</param>
public record VersionSummary(string Model, int Number, ModelStage Stage, string CheckpointId, string RunId, string RunName, string? Architecture, string? Method, string? DatasetId,
    int Epoch, double? CleanAccuracy, RobustFigure? Robust, string? PromotedBy, DateTimeOffset CreatedAt, string Version);

/// <summary>A robust accuracy with what stands behind it.</summary>
/// <param name="Clean">Clean accuracy in the same evaluation.</param>
/// <param name="Accuracy">Share of images that no attack broke, in [0,1].</param>
/// <param name="Low">Lower end of its 95 % Wilson interval.</param>
/// <param name="Threat">The ball, such as <c>L∞ 8/255</c>.</param>
/// <param name="Battery">What the figure may be called, by its attacks.</param>
/// <param name="Grade">A to F, of the checks that the evaluation made of itself.</param>
public sealed record RobustFigure(string EvaluationId, double Clean, double Accuracy, double Low, double High, string Threat, string Battery, string Grade);

/// <summary>A version with where it comes from.</summary>
/// <param name="Notes">Markdown.</param>
/// <param name="Classes">Names in the order of the logits.</param>
/// <param name="Bytes">Of the checkpoint's files.</param>
public sealed record VersionDetail(string Model, int Number, ModelStage Stage, string Notes, string CheckpointId, string RunId, string RunName, string? Architecture, string? Method,
    string? DatasetId, int Epoch, double? CleanAccuracy, RobustFigure? Robust, string? PromotedBy, DateTimeOffset CreatedAt, string Version, IReadOnlyList<string> Classes,
    long Bytes, string Sha256, Lineage Lineage)
    : VersionSummary(Model, Number, Stage, CheckpointId, RunId, RunName, Architecture, Method, DatasetId, Epoch, CleanAccuracy, Robust, PromotedBy, CreatedAt, Version);

/// <summary>From the images to the figures.</summary>
/// <param name="ExperimentId">Absent for weights that were brought in from elsewhere.</param>
/// <param name="RecipeHash">SHA-256 of the recipe.</param>
public sealed record Lineage(string? DatasetId, string? DatasetVersion, string? ExperimentId, string? ExperimentName, string RecipeHash, string RunId, string RunName, long Seed,
    string CheckpointName, int Epoch, IReadOnlyList<LineageEvaluation> Evaluations);

/// <summary>One evaluation of the checkpoint.</summary>
public sealed record LineageEvaluation(string Id, string Name, RunStatus Status, double? Robust, string Threat, string? Grade);

/// <summary>A checkpoint becomes a version of a model, which is made when there is none of that name.</summary>
/// <param name="CheckpointId">Which checkpoint.</param>
/// <param name="Stage"><c>candidate</c> (default), <c>released</c> or <c>retired</c>.</param>
/// <param name="Notes">Markdown about this version.</param>
public sealed record Promotion(string CheckpointId, ModelStage Stage = ModelStage.Candidate, string? Notes = null);

/// <summary>Changes to a version; what is absent stays.</summary>
public sealed record VersionPatch(ModelStage? Stage = null, string? Notes = null);

/// <summary>Changes to a model; what is absent stays.</summary>
public sealed record ModelPatch(string? Notes = null, IReadOnlyList<string>? Tags = null);
