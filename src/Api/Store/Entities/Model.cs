namespace WebLab.Api.Store.Entities;

/// <summary>A classifier by name, for those who use it; its contents are its versions.</summary>
public sealed class Model : ITagged
{
    public required string Id { get; init; }

    /// <summary>A slug such as <c>street-signs</c>, unique without regard to case; addresses name it.</summary>
    public required string Name { get; set; }

    /// <summary>Markdown, shown sanitised.</summary>
    public string Notes { get; set; } = "";

    /// <inheritdoc cref="ITagged.TagList"/>
    public string TagList { get; set; } = "";
    public string? CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? TrashedAt { get; set; }

    /// <summary>Counts changes; the ETag of the resource.</summary>
    public long Version { get; set; } = 1;
}

/// <summary>How far a version of a model has come: on trial, in use, or no longer to be used.</summary>
public enum ModelStage { Candidate, Released, Retired }

/// <summary>One checkpoint under the name of a model. What it points at never changes, only how far it has come.</summary>
public sealed class ModelVersion
{
    public required string Id { get; init; }
    public required string ModelId { get; init; }

    /// <summary>From 1, without gaps while no version is taken out.</summary>
    public int Number { get; init; }
    public required string CheckpointId { get; init; }
    public ModelStage Stage { get; set; }

    /// <summary>Markdown, shown sanitised.</summary>
    public string Notes { get; set; } = "";
    public string? PromotedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Counts changes; the ETag of the resource.</summary>
    public long Version { get; set; } = 1;
}
