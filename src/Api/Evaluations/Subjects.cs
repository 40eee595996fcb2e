using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Evaluations;

/// <summary>Checkpoints as the subject of a job: evaluations and inspections.</summary>
public sealed class Subjects(LabStore store, CheckpointKeeper keeper, DataDirectory data)
{
    /// <summary>A checkpoint, or the best one of a run, with its run.</summary>
    /// <exception cref="Refusal">400 when neither is named; 404; 410 for a deleted checkpoint.</exception>
    public async Task<(Checkpoint, Run)> Find(string? checkpointId, string? runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        var id = checkpointId;
        if (id is null)
        {
            if (runId is null) throw Refusal.Invalid("checkpointId", "is missing; give a checkpoint, or a runId for its best one");
            var run = await RunService.Find(read, runId, cancel);
            id = run.BestCheckpointId ?? run.LastCheckpointId ?? throw Refusal.Invalid("runId", "this run has no checkpoint yet");
        }
        var checkpoint = await read.Checkpoints.SingleOrDefaultAsync(c => c.Id == id, cancel) ?? throw Refusal.NotFound("checkpoint", id);
        if (checkpoint.DeletedAt is not null || !Directory.Exists(keeper.Folder(checkpoint))) throw new Refusal(ProblemKinds.Gone, "this checkpoint was deleted; choose the best or the last of its run");
        return (checkpoint, await RunService.Find(read, checkpoint.RunId, cancel));
    }

    /// <summary>The data set that is wanted, else the one that the run was trained on.</summary>
    public static (string Id, string? Version) Data(Run source, string? wanted, string? version)
    {
        var trained = JsonNode.Parse(source.RequestJson)!["data"];
        return wanted is not null ? (wanted, version) : ((string)trained!["id"]!, version ?? (string?)trained["version"]);
    }

    /// <summary>Checks a request with the fields that callers name otherwise.</summary>
    /// <exception cref="Refusal">400 with every field that is wrong.</exception>
    public T Checked<T>(JsonObject node, int priority, string? name)
        where T : SubjectRequest
    {
        var (dataset, version) = ((string?)node["data"] ?? "", (string?)node["version"]);
        var findings = Validation.Check(node, typeof(T)).ToList();
        var request = findings.Count == 0 ? node.Deserialize<T>(OptionsJson.Canonical)! : null;
        if (request is not null) findings.AddRange(Validation.Rules(request, o => o.Check()));
        var set = DatasetShelf.In(data.Root).Find(dataset, version);
        if (request?.Group is { } group && set is not null && set.GroupsNamed(group).Count == 0)
            findings.Add(new Finding("group", $"'{dataset}' has no group '{group}'{(set.Groups is { } groups ? $"; it has {string.Join(", ", groups.Select(g => g.Name))}" : "s")}"));
        if (set is null) findings.Add(new Finding("data", $"there is no data set '{dataset}'{(version is null ? "" : $" of version {version}")}"));
        if (priority is < -100 or > 100) findings.Add(new Finding("priority", $"got {priority}, wanted -100 to 100"));
        var errors = findings.Select(f => (f.Path == "limit" ? "samples" : f.Path, f.Message)).Concat(Texts.Errors(name, null, null)).ToList();
        return errors.Count == 0 ? request! : throw Refusal.Invalid(errors);
    }

    /// <summary>Links the checkpoint's files into a job's folder, so that training may go on and drop them.</summary>
    public void Link(Checkpoint checkpoint, JobFolder job) => Link(keeper.Folder(checkpoint), Path.Combine(job.Path, "checkpoint"));

    /// <summary>Gives every file of a folder a second name in another one.</summary>
    internal static void Link(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            // Hard links cost nothing; where the file system has none, a copy does.
            var target = Path.Combine(to, Path.GetFileName(file));
            if (link(file, target) != 0) File.Copy(file, target);
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
}
