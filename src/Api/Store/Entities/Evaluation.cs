namespace WebLab.Api.Store.Entities;

/// <summary>
/// An attack battery against one checkpoint on one data set split, or an inspection of it, whose battery is empty. Its job is the
/// <see cref="Run"/> with the same id, whose kind tells the two apart.
/// </summary>
public sealed class Evaluation
{
    public required string Id { get; init; }
    public required string CheckpointId { get; init; }

    /// <summary>The run that the checkpoint belongs to.</summary>
    public required string SourceRunId { get; init; }
    public required string DatasetId { get; set; }
    public string? DatasetVersion { get; set; }
    public string Split { get; set; } = "test";

    /// <summary>Number of samples; null is the whole split.</summary>
    public int? Samples { get; set; }
    public required string BatteryJson { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One cell of an evaluation: one attack over all its samples.</summary>
public sealed class AttackResult
{
    public required string EvaluationId { get; init; }

    /// <summary>Place in the battery, from 0.</summary>
    public int Position { get; init; }
    public required string Attack { get; set; }

    /// <summary>The attack with all its options, as JSON.</summary>
    public string OptionsJson { get; set; } = "{}";
    public int Done { get; set; }
    public int Total { get; set; }

    /// <summary>Accuracy under this attack in [0,1] with its 95 % Wilson interval.</summary>
    public double? Accuracy { get; set; }
    public double? Low { get; set; }
    public double? High { get; set; }
    public double? Seconds { get; set; }
    public long? ForwardPasses { get; set; }
    public long? BackwardPasses { get; set; }
    public string? Error { get; set; }
}
