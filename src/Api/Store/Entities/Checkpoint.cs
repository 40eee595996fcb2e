namespace WebLab.Api.Store.Entities;

/// <summary>A complete checkpoint of a run; its files lie in <c>runs/RUN/checkpoints/NAME</c>.</summary>
public sealed class Checkpoint
{
    public required string Id { get; init; }
    public required string RunId { get; init; }

    /// <summary>Folder name, given by the worker.</summary>
    public required string Name { get; init; }
    public int Epoch { get; set; }
    public long Step { get; set; }
    public long Bytes { get; set; }
    public required string Sha256 { get; set; }

    /// <summary>Why it is kept: <c>,last,best-robust,</c>; empty when only its row is left.</summary>
    public string KeptList { get; set; } = "";
    public double? CleanAccuracy { get; set; }
    public double? RobustAccuracy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; set; }
}
