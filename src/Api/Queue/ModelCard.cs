using System.Text.Json;
using System.Text.Json.Serialization;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>What <c>models/ID.json</c> says: a model with its versions, so that the index can be rebuilt from files alone.</summary>
/// <param name="Version">Counts changes: of two states the one with more is the newer.</param>
public sealed record ModelCard(string Id, string Name, string Notes, IReadOnlyList<string> Tags, string? CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? TrashedAt, long Version,
    IReadOnlyList<VersionCard> Versions)
{
    public static ModelCard Of(Model m, IEnumerable<VersionCard> versions) => new(m.Id, m.Name, m.Notes, Store.Entities.Tags.Read(m.TagList), m.CreatedBy, m.CreatedAt, m.TrashedAt, m.Version, [.. versions]);

    /// <summary>Null when there is no such file, or it is not whole.</summary>
    public static ModelCard? Read(string path)
    {
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize<ModelCard>(File.ReadAllBytes(path), JobJson.Options) is { Id: not null, Name: not null, Tags: not null, Versions: not null } card ? card : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    public Model ToRow() => Onto(new Model { Id = Id, Name = Name, CreatedBy = CreatedBy, CreatedAt = CreatedAt });

    /// <summary>Brings a row up to this state.</summary>
    public Model Onto(Model row)
    {
        (row.Notes, row.TagList, row.TrashedAt, row.Version) = (Notes, Store.Entities.Tags.Write(Tags), TrashedAt, Version);
        return row;
    }
}

/// <summary>A version of a model as its card says it.</summary>
public sealed record VersionCard(string Id, int Number, string CheckpointId, [property: JsonConverter(typeof(JsonStringEnumConverter<ModelStage>))] ModelStage Stage, string Notes, string? PromotedBy,
    DateTimeOffset CreatedAt, long Version)
{
    public static VersionCard Of(ModelVersion v) => new(v.Id, v.Number, v.CheckpointId, v.Stage, v.Notes, v.PromotedBy, v.CreatedAt, v.Version);

    public ModelVersion ToRow(string modelId) => Onto(new ModelVersion { Id = Id, ModelId = modelId, Number = Number, CheckpointId = CheckpointId, PromotedBy = PromotedBy, CreatedAt = CreatedAt });

    /// <inheritdoc cref="ModelCard.Onto"/>
    public ModelVersion Onto(ModelVersion row)
    {
        (row.Stage, row.Notes, row.Version) = (Stage, Notes, Version);
        return row;
    }
}
