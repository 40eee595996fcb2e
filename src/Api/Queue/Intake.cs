using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>A job to be queued.</summary>
/// <param name="Kind">Decides the engine's verb.</param>
/// <param name="Name">For people.</param>
/// <param name="RequestJson">Canonical recipe (train, weights) or request (evaluate, import); frozen from here on.</param>
public sealed record NewRun(RunKind Kind, string Name, string RequestJson)
{
    /// <summary>Given where the request itself has to name the run; else a new one is made.</summary>
    public string? Id { get; init; }
    public string? RequestHash { get; init; }
    public long Seed { get; init; }

    /// <summary>The checkpoint's run for an evaluation, the data set for an import.</summary>
    public string? SubjectId { get; init; }
    public Experiment? Experiment { get; init; }
    public EvaluationCard? Evaluation { get; init; }
    public int Priority { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string Notes { get; init; } = "";
    public string? CreatedBy { get; init; }
}

/// <summary>Where jobs of every kind enter the queue: first the folder, whole, then the row.</summary>
public sealed class Intake(DataDirectory data, LabStore store, Journal journal, Ids ids, QueueBell queue, IOptions<QueueOptions> options, TimeProvider time)
{
    /// <summary>Freezes and queues a job.</summary>
    /// <param name="job">What to run.</param>
    /// <param name="cancel">Has effect until the folder is written.</param>
    /// <param name="prepare">Puts further files into the run's folder before anything may start.</param>
    public async Task<Run> Queue(NewRun job, CancellationToken cancel, Action<JobFolder>? prepare = null)
    {
        cancel.ThrowIfCancellationRequested();
        var card = Card(job);
        var folder = new JobFolder(data.Run(card.Id));
        Directory.CreateDirectory(folder.Path);
        Durable.Replace(job.Kind is RunKind.Train or RunKind.Weights ? folder.Recipe : folder.Request, Encoding.UTF8.GetBytes(job.RequestJson));
        prepare?.Invoke(folder);
        card.Write(folder);
        var events = await journal.Begin(card.Id, CancellationToken.None);
        var row = card.ToRow(job.RequestJson);
        row.MaxAttempts = options.Value.MaxAttempts;
        await store.WriteWhenFree(c =>
        {
            row.QueuePosition = (c.Runs.Max(r => (double?)r.QueuePosition) ?? 0) + 1;
            c.Runs.Add(row);
            if (card.Evaluation is { } evaluation) c.Evaluations.Add(evaluation.ToRow(card.Id, card.CreatedAt));
            EventIndex.Apply(c, row, events);
            return true;
        }, CancellationToken.None);
        queue.Ring();
        return row;
    }

    private RunCard Card(NewRun job) => new(job.Id ?? ids.Next(), job.Kind, job.Name, job.Seed, job.SubjectId,
        job.RequestHash ?? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(job.RequestJson))),
        job.Priority, job.CreatedBy, time.GetUtcNow(), job.Tags, job.Notes,
        job.Experiment is { } experiment ? ExperimentCard.Of(experiment) : null, job.Evaluation);
}
