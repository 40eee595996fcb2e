namespace WebLab.Api.Store.Entities;

/// <summary>Many experiments of one base recipe, over a space of its settings.</summary>
public sealed class Sweep
{
    public required string Id { get; init; }
    public required string Name { get; set; }
    public string? Question { get; set; }

    /// <summary>Canonical JSON of the base recipe.</summary>
    public required string RecipeJson { get; set; }

    /// <summary>JSON of the settings that vary and the values they take.</summary>
    public required string SpaceJson { get; set; }

    /// <summary>How points of the space are chosen, such as <c>grid</c> or <c>random</c>.</summary>
    public required string Strategy { get; set; }

    /// <summary>Fixes the choice of points.</summary>
    public long Seed { get; set; }

    /// <summary>JSON list of the training seeds of each point.</summary>
    public string SeedsJson { get; set; } = "[0]";
    public string? CreatedBy { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? TrashedAt { get; set; }

    /// <summary>Counts changes; the ETag of the resource.</summary>
    public long Version { get; set; } = 1;
}
