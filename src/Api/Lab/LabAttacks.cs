using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Lab;

namespace WebLab.Api.Lab;

/// <summary>Interactive attacks by one network: check, prepare the images, let the worker play, keep the result for a day.</summary>
public sealed class LabAttacks(LabCheckpoints checkpoints, LabSessions sessions, LabImages images, LabWorker worker, IOptions<LabOptions> options)
{
    private const string ResultName = "result.json";

    /// <summary>Runs one attack.</summary>
    /// <param name="onStep">Called before each step on a thread of its own; must return at once.</param>
    /// <exception cref="Refusal">400 with the fields, 404, 415 and 422 for images, 503 busy, 504 over the time budget.</exception>
    public async Task<LabView> Run(LabJob job, Action<LabStep>? onStep, CancellationToken cancel)
    {
        var attack = Check(job);
        var checkpoint = await checkpoints.Find(job.CheckpointId, cancel);
        var (session, place) = sessions.Begin(job.UserId);
        try
        {
            var prepared = new List<PreparedImage>();
            foreach (var source in job.Sources)
                prepared.Add(await images.Prepare(source, prepared.Count, checkpoint.Manifest.Data, place, cancel));
            var request = new LabAttack(checkpoint.Folder, JsonSerializer.SerializeToElement(attack), [.. prepared.Select(p => p.Image)], place, (ulong)job.Seed, job.Amplify);
            var result = await worker.Attack(request, onStep ?? (_ => { }), cancel);
            return await Keep(session, place, job, checkpoint, attack, prepared, result);
        }
        catch
        {
            sessions.Drop(session.Id);
            throw;
        }
    }

    /// <summary>A result that was kept.</summary>
    /// <exception cref="Refusal">404, also when it is somebody else's.</exception>
    public async Task<LabView> Get(string id, string userId, CancellationToken cancel)
    {
        var path = DataDirectory.Child(await sessions.Folder(id, userId, "lab attack", cancel), ResultName);
        if (!File.Exists(path)) throw Refusal.NotFound("lab attack", id);
        await using var file = File.OpenRead(path);
        return (await JsonSerializer.DeserializeAsync<LabView>(file, Json.Options, cancel))!;
    }

    // The attack with all its options.
    private JsonNode Check(LabJob job)
    {
        var wrong = new List<(string Path, string Message)>();
        var attack = AttackCheck.Read(job.Attack, options.Value, wrong);
        if (job.Sources.Count is 0 || job.Sources.Count > options.Value.MaxImages)
            wrong.Add(("image", $"got {job.Sources.Count} images, wanted 1 to {options.Value.MaxImages}"));
        AttackCheck.Seed(job.Seed, job.Amplify, wrong);
        return wrong.Count == 0 ? attack! : throw Refusal.Invalid(wrong);
    }

    private async Task<LabView> Keep(LabSession session, string place, LabJob job, LabCheckpoint checkpoint, JsonNode attack, List<PreparedImage> prepared, LabResult result)
    {
        string Address(string name) => $"/api/v1/lab/attacks/{session.Id}/images/{name}";
        var items = result.Items.Select((item, k) => new LabImageView(prepared[k].View, item,
            Address(prepared[k].Original), Address(item.Seen), Address(item.Adversarial), Address(item.Delta))).ToList();
        var view = new LabView(session.Id, session.ExpiresAt, checkpoint.Row.Id, checkpoint.Row.RunId, attack, checkpoint.Manifest.Data.Classes, result.Device, result.Seconds, job.Amplify, items);
        foreach (var image in prepared)
            File.Delete(image.Image.File);
        await File.WriteAllBytesAsync(DataDirectory.Child(place, ResultName), JsonSerializer.SerializeToUtf8Bytes(view, Json.Options), CancellationToken.None);
        await sessions.Keep(session, result.Items.SelectMany((item, k) => (string[])[prepared[k].Original, item.Seen, item.Adversarial, item.Delta]));
        return view;
    }
}
