using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>What <c>sweep.json</c> in the folder of a sweep's run says, so that the index can be rebuilt from folders alone.</summary>
public sealed record SweepCard(string Id, string Name, string? Question, string RecipeJson, string SpaceJson, string Strategy, long Seed, string SeedsJson, string? CreatedBy, DateTimeOffset CreatedAt)
{
    public static SweepCard Of(Sweep s) => new(s.Id, s.Name, s.Question, s.RecipeJson, s.SpaceJson, s.Strategy, s.Seed, s.SeedsJson, s.CreatedBy, s.CreatedAt);

    public static string Path(JobFolder job) => System.IO.Path.Combine(job.Path, "sweep.json");

    /// <summary>Null when the folder has none or it cannot be read.</summary>
    public static SweepCard? Read(JobFolder job)
    {
        try
        {
            return File.Exists(Path(job)) ? JsonSerializer.Deserialize<SweepCard>(File.ReadAllBytes(Path(job)), JobJson.Options) : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    public Sweep ToRow() => new()
    {
        Id = Id, Name = Name, Question = Question, RecipeJson = RecipeJson, SpaceJson = SpaceJson, Strategy = Strategy, Seed = Seed, SeedsJson = SeedsJson, CreatedBy = CreatedBy, CreatedAt = CreatedAt,
    };
}

/// <summary>Which point of which sweep an experiment is.</summary>
/// <param name="Point">JSON of a <see cref="SweepPlace"/>.</param>
/// <param name="Card">Bytes of <c>sweep.json</c>.</param>
internal sealed record SweepMark(string SweepId, string Point, byte[] Card);

/// <summary>A point's number and its values by path.</summary>
public sealed record SweepPlace(int Number, IReadOnlyDictionary<string, JsonNode?> Values);
