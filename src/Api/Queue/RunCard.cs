using System.Text.Json;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>
/// What <c>run.json</c> in a run's folder says: everything about the run that its events and request do not, so that the index can be
/// rebuilt from folders alone.
/// </summary>
public sealed record RunCard(string Id, RunKind Kind, string Name, long Seed, string? SubjectId, string RequestHash, int Priority,
    string? CreatedBy, DateTimeOffset CreatedAt, IReadOnlyList<string> Tags, string Notes, ExperimentCard? Experiment, EvaluationCard? Evaluation)
{
    private static string Path(JobFolder job) => System.IO.Path.Combine(job.Path, "run.json");

    /// <summary>Null when the folder has none or it cannot be read.</summary>
    public static RunCard? Read(JobFolder job)
    {
        try
        {
            return JsonSerializer.Deserialize<RunCard>(File.ReadAllBytes(Path(job)), JobJson.Options);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    public void Write(JobFolder job)
    {
        Directory.CreateDirectory(job.Path);
        Durable.Replace(Path(job), JobJson.Bytes(this));
    }

    /// <summary>The row that this card stands for, before any event.</summary>
    public Run ToRow(string requestJson) => new()
    {
        Id = Id, Kind = Kind, Name = Name, Seed = Seed, SubjectId = SubjectId, ExperimentId = Experiment?.Id, RequestJson = requestJson,
        RequestHash = RequestHash, Priority = Priority, CreatedBy = CreatedBy, CreatedAt = CreatedAt,
        TagList = Store.Entities.Tags.Write(Tags), Notes = Notes, Status = RunStatus.Draft, Desired = DesiredState.Run,
    };
}

/// <summary>The experiment as it was when the run was queued.</summary>
public sealed record ExperimentCard(string Id, string Name, string? Question, string Notes, IReadOnlyList<string> Tags, string? ParentId,
    string RecipeJson, string RecipeHash, string Method, string Architecture, string DatasetId, string? CreatedBy, DateTimeOffset CreatedAt,
    string? SweepId = null, string? SweepPoint = null)
{
    public static ExperimentCard Of(Experiment e) => new(e.Id, e.Name, e.Question, e.Notes, Store.Entities.Tags.Read(e.TagList), e.ParentId,
        e.RecipeJson, e.RecipeHash, e.Method, e.Architecture, e.DatasetId, e.CreatedBy, e.CreatedAt, e.SweepId, e.SweepPoint);

    public Experiment ToRow() => new()
    {
        Id = Id, Name = Name, Question = Question, Notes = Notes, TagList = Store.Entities.Tags.Write(Tags), ParentId = ParentId, RecipeJson = RecipeJson,
        RecipeHash = RecipeHash, Method = Method, Architecture = Architecture, DatasetId = DatasetId, CreatedBy = CreatedBy, CreatedAt = CreatedAt,
        SweepId = SweepId, SweepPoint = SweepPoint,
    };
}

/// <summary>What an evaluation is about.</summary>
public sealed record EvaluationCard(string CheckpointId, string SourceRunId, string DatasetId, string? DatasetVersion, string Split, int? Samples, string BatteryJson)
{
    public Evaluation ToRow(string id, DateTimeOffset createdAt) => new()
    {
        Id = id, CheckpointId = CheckpointId, SourceRunId = SourceRunId, DatasetId = DatasetId, DatasetVersion = DatasetVersion, Split = Split,
        Samples = Samples, BatteryJson = BatteryJson, CreatedAt = createdAt,
    };
}
