using System.Text.Json.Nodes;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Inspections;

/// <summary>A new inspection.</summary>
/// <param name="CheckpointId">What is looked into.</param>
/// <param name="RunId">Instead of a checkpoint: the run's most robust one, or its last.</param>
/// <param name="Lenses">Names of lenses; absent: every one that fits the network.</param>
/// <param name="Attack">As in recipes; absent: PGD-10 at 8/255.</param>
/// <param name="Strengths">Radii for feature statistics, such as <c>"4/255"</c>, ascending; absent: ten from 0 to 16/255.</param>
/// <param name="Features">What the lens <c>feature-attack</c> tries: places, strengths, stepSize, steps, ...; what is absent is as ALFA or L-ALFA trained the network, else the lens's own.</param>
/// <param name="Data">Data set; absent: the one the checkpoint was trained on.</param>
/// <param name="Split"><c>test</c> (default) or <c>train</c>.</param>
/// <param name="Samples">Images, drawn by the seed.</param>
public sealed record NewInspection(string? CheckpointId = null, string? RunId = null, IReadOnlyList<string>? Lenses = null, JsonObject? Attack = null,
    IReadOnlyList<string>? Strengths = null, JsonObject? Features = null, string? Data = null, string? Version = null, string? Split = null, int Samples = InspectionService.DefaultSamples,
    int Seed = 0, int? BatchSize = null, int Priority = 10, string? Name = null);

/// <summary>An inspection: a look into one checkpoint through lenses.</summary>
/// <param name="SourceRunName">Name of the run that the checkpoint belongs to.</param>
/// <param name="Epoch">Of the checkpoint.</param>
/// <param name="Lenses">As asked for; empty: every one that fits.</param>
/// <param name="Summary">Headline figures by name, once it has completed.</param>
/// <param name="LastSeq">Watch the run with this id from here to follow.</param>
public sealed record InspectionView(string Id, string Name, RunStatus Status, string? StatusReason, string CheckpointId, string SourceRunId, string SourceRunName, int Epoch,
    string DatasetId, string? DatasetVersion, string Split, int? Samples, IReadOnlyList<string> Lenses, JsonNode Summary, RunFailure? Failure,
    IReadOnlyList<RunAction> Actions, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, long LastSeq, string Version);
