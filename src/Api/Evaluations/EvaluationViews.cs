using System.Text.Json.Nodes;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Evaluations;

namespace WebLab.Api.Evaluations;

/// <summary>A new evaluation.</summary>
/// <param name="CheckpointId">What is attacked.</param>
/// <param name="RunId">Instead of a checkpoint: the run's most robust one, or its last.</param>
/// <param name="Battery"><c>quick</c> (FGSM, then CW-inf, APGD and APGD-T of 20 steps on what is left, on 1,000 images; default), <c>standard</c> (PGD-20 and PGD-100 with 2 restarts), <c>autoattack</c> (AutoAttack standard, Linf 8/255), or the name of published settings, such as <c>pgd-trades</c>.</param>
/// <param name="Attacks">Instead of a battery: attacks as in recipes.</param>
/// <param name="Data">Data set; absent: the one the checkpoint was trained on.</param>
/// <param name="Split"><c>test</c> (default) or <c>train</c>.</param>
/// <param name="Group">Only this group of the test split, such as <c>fog/3</c> of CIFAR-10-C, or all below a name, such as <c>fog</c>.</param>
/// <param name="Samples">Images, drawn by the seed; absent: 1,000 for <c>quick</c>, else all.</param>
/// <param name="Mode"><c>cascade</c> (default): each attack on the images that the ones before left unbroken; <c>individual</c>: each on all that are classified correctly.</param>
/// <param name="Precision">Of the search: <c>fp32</c> (default) or <c>bf16</c>, where successes are confirmed in fp32.</param>
/// <param name="LintImages">Images on which it checks itself in the end; 64 where absent, 0 for none.</param>
/// <param name="KeepImages">MiB of room for adversarial images; 256 where absent.</param>
/// <param name="BankWeight">Of a network with fused batch norm: the adversarial bank's weight in [0,1]; absent: predicted per image.</param>
/// <param name="Device"><c>auto</c> (default), <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
/// <param name="Corruptions">Common corruptions on the same images: kinds such as <c>fog</c>, families, or <c>test</c>, <c>held-out</c>, <c>all</c>.</param>
/// <param name="Severities">Of the corruptions; absent: 1 to 5.</param>
/// <param name="CorruptionBaseline">What mean corruption error is measured against: <c>alexnet</c> (published, ImageNet-C) or the id of a completed evaluation with the same severities.</param>
/// <param name="Curve">Radii, ascending, such as <c>0</c>, <c>1/255</c>, <c>2/255</c>, of a curve of accuracy over the radius.</param>
/// <param name="CurveAttack">Its attack, as in recipes; the radius becomes each of the curve's; absent: PGD with 20 steps of a quarter of the radius.</param>
public sealed record NewEvaluation(string? CheckpointId = null, string? RunId = null, string? Battery = null, JsonArray? Attacks = null, string? Data = null,
    string? Version = null, string? Split = null, int? Samples = null, int Seed = 0, int? BatchSize = null, int Priority = 10, string? Name = null,
    double? BankWeight = null, string? Group = null, string? Mode = null, string? Precision = null, int? KeepImages = null, int? LintImages = null,
    string? Device = null, IReadOnlyList<string>? Corruptions = null, IReadOnlyList<int>? Severities = null, string? CorruptionBaseline = null,
    IReadOnlyList<string>? Curve = null, JsonObject? CurveAttack = null);

/// <summary>What a list of evaluations is narrowed to.</summary>
/// <param name="RunId">Of checkpoints of this run.</param>
/// <param name="CheckpointId">Of this checkpoint.</param>
/// <param name="DatasetId">On this data set.</param>
/// <param name="Status">One or more, between commas, such as <c>queued,running</c>.</param>
/// <param name="Text">Found anywhere in the name.</param>
public sealed record EvaluationQuery(string? RunId = null, string? CheckpointId = null, string? DatasetId = null, string? Status = null, string? Text = null);

/// <summary>An evaluation: an attack battery against one checkpoint.</summary>
/// <param name="Fraction">Done, in [0,1].</param>
/// <param name="WorstCase">Share of images that no attack broke, in [0,1]; when completed.</param>
/// <param name="Cells">One per attack; the first is <c>clean</c>. They fill while it runs.</param>
/// <param name="LastSeq">Watch the run with this id from here to follow.</param>
/// <param name="Battery">The attacks in full, in their order.</param>
/// <param name="Grade">What the figure may be called, by the attacks behind it; before the end, by those that are through.</param>
/// <param name="Seed">Of the subset and of the attacks' draws.</param>
/// <param name="Lint">Grade of the checks that it made of itself, A to F; when completed.</param>
public sealed record EvaluationView(string Id, string Name, RunStatus Status, string? StatusReason, double Fraction, string CheckpointId, string SourceRunId,
    string DatasetId, string? DatasetVersion, string Split, int? Samples, double? WorstCase, IReadOnlyList<AttackCell> Cells, RunFailure? Failure,
    IReadOnlyList<RunAction> Actions, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, long LastSeq, string Version, JsonArray Battery, BatteryGrade Grade,
    long Seed, string? Lint = null);

/// <summary>Accuracy under one attack in [0,1] with its 95 % Wilson interval.</summary>
/// <param name="Done">Images tried so far, of the <paramref name="Total"/> that this attack is run on.</param>
/// <param name="Accuracy">Images left, of all: in a cascade after this attack and those before it.</param>
/// <param name="Options">The attack in full; absent for <c>clean</c>.</param>
/// <param name="Forward">Forward passes, one per image.</param>
public sealed record AttackCell(int Position, string Attack, JsonNode? Options, int Done, int Total, double? Accuracy, double? Low, double? High,
    double? Seconds, long? Forward, long? Backward);

/// <summary>What became of one image.</summary>
/// <param name="Index">In the split.</param>
/// <param name="Predicted">Class before any attack.</param>
/// <param name="Attacks">By the attack's name.</param>
public sealed record SampleOutcome(long Index, int Label, int Predicted, IReadOnlyDictionary<string, AttackedSample> Attacks);

/// <param name="Broken">Classified correctly before and wrongly after.</param>
/// <param name="Error">The network or its gradient was not finite.</param>
/// <param name="Linf">Largest change of a pixel, in [0,1].</param>
public sealed record AttackedSample(bool Broken, bool Error, int Predicted, double Linf, double L2);

/// <summary>Which images to show.</summary>
/// <param name="Flipped">Only those that the attack (or any) broke; false: only those it did not.</param>
/// <param name="Class">Only of this true class.</param>
/// <param name="Attack">Look at this attack alone.</param>
public sealed record SampleQuery(bool? Flipped = null, int? Class = null, string? Attack = null);
