using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lab;
using WebLab.Engine.Training;

namespace WebLab.Api.Lab;

/// <summary>Interactive attacks: check, prepare the images, let the worker play, keep the result for a day.</summary>
public sealed class LabAttacks(LabStore store, DataDirectory data, CheckpointKeeper keeper, LabImages images, LabWorker worker,
    IOptions<LabOptions> options, Ids ids, TimeProvider time)
{
    private const string ResultName = "result.json";

    /// <summary>Runs one attack.</summary>
    /// <param name="onStep">Called before each step on a thread of its own; must return at once.</param>
    /// <exception cref="Refusal">400 with the fields, 404, 415 and 422 for images, 503 busy, 504 over the time budget.</exception>
    public async Task<LabView> Run(LabJob job, Action<LabStep>? onStep, CancellationToken cancel)
    {
        var attack = Check(job);
        var (checkpoint, folder, manifest) = await Find(job.CheckpointId, cancel);
        var session = new LabSession { Id = ids.Next(), UserId = job.UserId, CreatedAt = time.GetUtcNow(), ExpiresAt = time.GetUtcNow().AddHours(options.Value.KeepHours) };
        var place = Directory.CreateDirectory(data.LabSession(session.Id)).FullName;
        try
        {
            var prepared = new List<PreparedImage>();
            foreach (var source in job.Sources)
                prepared.Add(await images.Prepare(source, prepared.Count, manifest.Data, place, cancel));
            var request = new LabAttack(folder, JsonSerializer.SerializeToElement(attack), [.. prepared.Select(p => p.Image)], place, (ulong)job.Seed, job.Amplify);
            var result = await worker.Attack(request, onStep ?? (_ => { }), cancel);
            return await Keep(session, place, job, checkpoint, manifest, attack, prepared, result);
        }
        catch
        {
            Directory.Delete(place, recursive: true);
            throw;
        }
    }

    /// <summary>A result that was kept.</summary>
    /// <exception cref="Refusal">404, also when it is somebody else's.</exception>
    public async Task<LabView> Get(string id, string userId, CancellationToken cancel)
    {
        await Owned(id, userId, cancel);
        await using var file = File.OpenRead(DataDirectory.Child(data.LabSession(id), ResultName));
        return (await JsonSerializer.DeserializeAsync<LabView>(file, Json.Options, cancel))!;
    }

    /// <summary>The file of one of its images.</summary>
    /// <exception cref="Refusal">404.</exception>
    public async Task<string> Image(string id, string name, string userId, CancellationToken cancel)
    {
        var session = await Owned(id, userId, cancel);
        return JsonSerializer.Deserialize<string[]>(session.ImagesJson)!.Contains(name)
            ? DataDirectory.Child(data.LabSession(id), name) : throw Refusal.NotFound("image", name);
    }

    /// <summary>Deletes results whose time is over.</summary>
    public async Task Sweep(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await using var rows = store.Read();
        foreach (var id in await rows.LabSessions.Where(s => s.ExpiresAt < now).Select(s => s.Id).ToListAsync(cancel))
        {
            await store.Write(c => c.LabSessions.RemoveRange(c.LabSessions.Where(s => s.Id == id)), cancel);
            if (Directory.Exists(data.LabSession(id)))
                Directory.Delete(data.LabSession(id), recursive: true);
        }
    }

    // The attack with all its options, checked by the catalog's rules and the lab's own limits.
    private JsonNode Check(LabJob job)
    {
        var wanted = new JsonObject { ["attack"] = job.Attack?.DeepClone() };
        var wrong = Validation.Check(wanted, typeof(Choice)).Select(f => (f.Path, f.Message)).ToList();
        JsonNode? attack = null;
        if (wrong.Count == 0)
        {
            var choice = wanted.Deserialize<Choice>(OptionsJson.Canonical)!;
            wrong.AddRange(Validation.Rules(choice, o => o.Check()).Select(f => (f.Path, f.Message)));
            attack = JsonSerializer.SerializeToNode(choice, OptionsJson.Canonical)!["attack"]!;
            var steps = ((long?)attack["steps"] ?? 1) * ((long?)attack["restarts"] ?? 1);
            if (steps > options.Value.MaxSteps)
                wrong.Add(("attack.steps", $"steps times restarts is {steps}, at most {options.Value.MaxSteps} are played here; queue an evaluation for more"));
        }
        if (job.Sources.Count is 0 || job.Sources.Count > options.Value.MaxImages)
            wrong.Add(("image", $"got {job.Sources.Count} images, wanted 1 to {options.Value.MaxImages}"));
        if (job.Seed < 0)
            wrong.Add(("seed", $"got {job.Seed}, wanted 0 or more"));
        if (!(job.Amplify is >= 1 and <= 100))
            wrong.Add(("amplify", $"got {job.Amplify}, wanted 1 to 100"));
        return wrong.Count == 0 ? attack! : throw Refusal.Invalid(wrong);
    }

    private async Task<(Checkpoint Row, string Folder, CheckpointManifest Manifest)> Find(string id, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var row = await rows.Checkpoints.FirstOrDefaultAsync(c => c.Id == id, cancel) ?? throw Refusal.NotFound("checkpoint", id);
        if (row.DeletedAt is not null)
            throw new Refusal(ProblemKinds.Gone, "this checkpoint was deleted; the run keeps its best and its last");
        var folder = keeper.Folder(row);
        try
        {
            return (row, folder, JobJson.Read<CheckpointManifest>(DataDirectory.Child(folder, CheckpointManifest.FileName)));
        }
        catch (JobFailure)
        {
            throw new Refusal(ProblemKinds.Conflict, "the checkpoint is missing or damaged; choose another one");
        }
    }

    private async Task<LabView> Keep(LabSession session, string place, LabJob job, Checkpoint checkpoint, CheckpointManifest manifest, JsonNode attack,
        List<PreparedImage> prepared, LabResult result)
    {
        string Address(string name) => $"/api/v1/lab/attacks/{session.Id}/images/{name}";
        var items = result.Items.Select((item, k) => new LabImageView(prepared[k].View, item,
            Address(prepared[k].Original), Address(item.Seen), Address(item.Adversarial), Address(item.Delta))).ToList();
        var view = new LabView(session.Id, session.ExpiresAt, checkpoint.Id, checkpoint.RunId, attack, manifest.Data.Classes, result.Device, result.Seconds, job.Amplify, items);
        foreach (var image in prepared)
            File.Delete(image.Image.File);
        await File.WriteAllBytesAsync(DataDirectory.Child(place, ResultName), JsonSerializer.SerializeToUtf8Bytes(view, Json.Options), CancellationToken.None);
        session.ImagesJson = JsonSerializer.Serialize(result.Items.SelectMany((item, k) => (string[])[prepared[k].Original, item.Seen, item.Adversarial, item.Delta]));
        await store.Write(c => { c.LabSessions.Add(session); }, CancellationToken.None);
        return view;
    }

    private async Task<LabSession> Owned(string id, string userId, CancellationToken cancel)
    {
        await using var rows = store.Read();
        var session = await rows.LabSessions.FirstOrDefaultAsync(s => s.Id == id && s.UserId == userId, cancel);
        return session is not null && session.ExpiresAt > time.GetUtcNow() ? session : throw Refusal.NotFound("lab attack", id);
    }

    private sealed record Choice : Engine.Catalog.Options
    {
        public required AttackOptions Attack { get; init; }
    }
}
