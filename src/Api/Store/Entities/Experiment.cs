namespace WebLab.Api.Store.Entities;

/// <summary>A recipe and the question it answers; owns one run per seed.</summary>
public sealed class Experiment : ITagged
{
    public required string Id { get; init; }
    public string ProjectId { get; set; } = "default";
    public required string Name { get; set; }
    public string? Question { get; set; }

    /// <summary>Markdown, shown sanitised.</summary>
    public string Notes { get; set; } = "";

    /// <inheritdoc cref="ITagged.TagList"/>
    public string TagList { get; set; } = "";

    /// <summary>Canonical JSON of the recipe.</summary>
    public required string RecipeJson { get; set; }

    /// <summary>Lower-case hex SHA-256 of <see cref="RecipeJson"/>.</summary>
    public required string RecipeHash { get; set; }

    /// <summary>Kinds copied out of the recipe, so that lists can filter on them.</summary>
    public required string Method { get; set; }
    public required string Architecture { get; set; }
    public required string DatasetId { get; set; }

    /// <summary>The experiment this one was cloned from.</summary>
    public string? ParentId { get; set; }

    /// <summary>The sweep that made it, and the point of its space, as JSON.</summary>
    public string? SweepId { get; set; }
    public string? SweepPoint { get; set; }

    /// <summary>JSON of the keep policy for checkpoints.</summary>
    public string KeepJson { get; set; } = "{}";
    public string? CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ArchivedAt { get; set; }
    public DateTimeOffset? TrashedAt { get; set; }

    /// <summary>Counts changes; the ETag of the resource.</summary>
    public long Version { get; set; } = 1;
}
