using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Evaluations;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Models;

/// <summary>Names for checkpoints: models, their numbered versions, and how far each has come.</summary>
public sealed partial class ModelRegistry(LabStore store, Subjects subjects, CheckpointKeeper keeper, TrashBin trash, VersionReader reader, ModelCards cards, Ids ids, TimeProvider time)
{
    /// <summary>Models by name.</summary>
    /// <param name="text">Found anywhere in name or notes.</param>
    /// <param name="stage">Only those with a version of this stage.</param>
    /// <param name="trashed">Those in the trash instead.</param>
    public async Task<Page<ModelSummary>> List(string? text, ModelStage? stage, bool trashed, PageRequest page, CancellationToken cancel)
    {
        await using var read = store.Read();
        var pattern = string.IsNullOrWhiteSpace(text) ? null : Filter.Anywhere(text.Trim());
        var rows = await read.Models.Where(m => (m.TrashedAt != null) == trashed)
            .Where(m => pattern == null || EF.Functions.Like(m.Name, pattern, @"\") || EF.Functions.Like(m.Notes, pattern, @"\"))
            .Where(m => stage == null || read.ModelVersions.Any(v => v.ModelId == m.Id && v.Stage == stage))
            .Where(m => page.After == null || m.Name.CompareTo(page.After) > 0)
            .OrderBy(m => m.Name).Take(page.Limit + 1).ToListAsync(cancel);
        var wanted = rows.Select(m => m.Id).ToList();
        var versions = (await read.ModelVersions.Where(v => wanted.Contains(v.ModelId)).ToListAsync(cancel)).ToLookup(v => v.ModelId);
        var newest = rows.Select(m => (Model: m, Version: versions[m.Id].MaxBy(v => v.Number))).Where(p => p.Version is not null).ToDictionary(p => p.Model.Id, p => p.Version!);
        var shown = await reader.Summaries(read, [.. rows.Where(m => newest.ContainsKey(m.Id)).Select(m => (m, newest[m.Id]))], cancel);
        return page.Cut<ModelSummary>([.. rows.Select(m => new ModelSummary(m.Name, Tags.Read(m.TagList), versions[m.Id].Count(),
            newest.TryGetValue(m.Id, out var v) ? shown[v.Id] : null, versions[m.Id].Where(o => o.Stage == ModelStage.Released).Max(o => (int?)o.Number),
            m.CreatedBy, m.CreatedAt, m.TrashedAt, m.Version.ToString()))], m => m.Name);
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<ModelDetail> Get(string name, CancellationToken cancel)
    {
        await using var read = store.Read();
        var model = await Find(read, name, cancel);
        var versions = await read.ModelVersions.Where(v => v.ModelId == model.Id).OrderByDescending(v => v.Number).ToListAsync(cancel);
        var shown = await reader.Summaries(read, [.. versions.Select(v => (model, v))], cancel);
        return new ModelDetail(model.Name, model.Notes, Tags.Read(model.TagList), [.. versions.Select(v => shown[v.Id])], model.CreatedBy, model.CreatedAt, model.TrashedAt, model.Version.ToString());
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<VersionDetail> Version(string name, int number, CancellationToken cancel)
    {
        var (model, version) = await Row(name, number, cancel);
        return await reader.Detail(model, version, cancel);
    }

    /// <summary>Makes a checkpoint the next version of a model. Its files are linked aside, so that neither training nor the keep policy drops them.</summary>
    /// <exception cref="Refusal">400, 404; 409 when it is a version already, or the model lies in the trash; 410 for a deleted checkpoint.</exception>
    public async Task<VersionDetail> Promote(string name, Promotion wanted, string? user, CancellationToken cancel)
    {
        var errors = Texts.Errors(null, wanted.Notes, null).ToList();
        if (!ModelName().IsMatch(name)) errors.Add(("name", $"got '{name}', wanted 1 to 64 letters, digits or - _ . that begin with a letter or digit"));
        if (name.Equals("import", StringComparison.OrdinalIgnoreCase)) errors.Add(("name", "'import' is the address of a page; choose another name"));
        if (errors.Count > 0) throw Refusal.Invalid(errors);
        var (checkpoint, _) = await subjects.Find(wanted.CheckpointId, null, cancel);
        Keep(checkpoint);
        var made = await store.Write(c =>
        {
            var model = c.Models.FirstOrDefault(m => m.Name == name);
            if (model is { TrashedAt: not null }) throw new Refusal(ProblemKinds.Conflict, $"the model '{model.Name}' lies in the trash; restore it, or choose another name");
            if (model is null) c.Models.Add(model = new Model { Id = ids.Next(), Name = name, CreatedBy = user, CreatedAt = time.GetUtcNow() });
            else model.Version++;
            if (c.ModelVersions.FirstOrDefault(v => v.ModelId == model.Id && v.CheckpointId == checkpoint.Id) is { } same)
                throw new Refusal(ProblemKinds.Conflict, $"this checkpoint is version {same.Number} of '{model.Name}' already");
            var version = new ModelVersion
            {
                Id = ids.Next(), ModelId = model.Id, Number = (c.ModelVersions.Where(v => v.ModelId == model.Id).Max(v => (int?)v.Number) ?? 0) + 1, CheckpointId = checkpoint.Id,
                Stage = wanted.Stage, Notes = wanted.Notes ?? "", PromotedBy = user, CreatedAt = time.GetUtcNow(),
            };
            c.ModelVersions.Add(version);
            return version;
        }, cancel);
        await cards.Write(made.ModelId, CancellationToken.None);
        return await Version(name, made.Number, CancellationToken.None);
    }

    /// <exception cref="Refusal">400, 404, 412.</exception>
    public async Task<VersionDetail> Patch(string name, int number, VersionPatch patch, IfMatch expected, CancellationToken cancel)
    {
        Texts.Check(null, patch.Notes, null);
        var (_, version) = await Row(name, number, cancel);
        await store.Write(c =>
        {
            var row = c.ModelVersions.Find(version.Id) ?? throw Refusal.NotFound("version", $"{name}/{number}");
            expected.Require(row.Version.ToString());
            (row.Stage, row.Notes) = (patch.Stage ?? row.Stage, patch.Notes ?? row.Notes);
            row.Version++;
        }, cancel);
        await cards.Write(version.ModelId, CancellationToken.None);
        return await Version(name, number, CancellationToken.None);
    }

    /// <exception cref="Refusal">400, 404, 412.</exception>
    public async Task<ModelDetail> Patch(string name, ModelPatch patch, IfMatch expected, CancellationToken cancel)
    {
        Texts.Check(null, patch.Notes, patch.Tags);
        await Change(name, expected, row =>
        {
            row.Notes = patch.Notes ?? row.Notes;
            if (patch.Tags is { } tags) row.TagList = Tags.Write(tags);
        }, cancel);
        return await Get(name, CancellationToken.None);
    }

    /// <summary>Into the trash, which empties itself; its versions answer on until then.</summary>
    /// <exception cref="Refusal">404, 412.</exception>
    public Task Trash(string name, IfMatch expected, CancellationToken cancel) => Change(name, expected, row => row.TrashedAt ??= time.GetUtcNow(), cancel);

    /// <exception cref="Refusal">404.</exception>
    public Task Restore(string name, CancellationToken cancel) => Change(name, new IfMatch("*"), row => row.TrashedAt = null, cancel);

    /// <summary>Deletes a model in the trash for good; its runs and checkpoints stay.</summary>
    /// <exception cref="Refusal">404; 409 while it is not in the trash.</exception>
    public async Task Purge(string name, CancellationToken cancel)
    {
        await using var read = store.Read();
        var model = await Find(read, name, cancel);
        if (model.TrashedAt is null) throw Refusal.InvalidTransition("only what lies in the trash can be purged; put it there first", ["delete"]);
        await trash.DropModels([model.Id], cancel);
    }

    /// <summary>The row of a version with its model.</summary>
    /// <exception cref="Refusal">404.</exception>
    internal async Task<(Model, ModelVersion)> Row(string name, int number, CancellationToken cancel)
    {
        await using var read = store.Read();
        var model = await Find(read, name, cancel);
        return (model, await read.ModelVersions.FirstOrDefaultAsync(v => v.ModelId == model.Id && v.Number == number, cancel) ?? throw Refusal.NotFound("version", $"{name}/{number}"));
    }

    // Linked to another name first: a folder that is there is whole.
    private void Keep(Checkpoint checkpoint)
    {
        var place = keeper.Promoted(checkpoint.Id);
        if (Directory.Exists(place)) return;
        var partial = place + $".{ids.Next()}";
        Subjects.Link(keeper.Folder(checkpoint), partial);
        try
        {
            Directory.Move(partial, place);
        }
        catch (IOException) when (Directory.Exists(place))
        {
            Directory.Delete(partial, recursive: true);
        }
    }

    private static async Task<Model> Find(LabContext read, string name, CancellationToken cancel) =>
        await read.Models.FirstOrDefaultAsync(m => m.Name == name, cancel) ?? throw Refusal.NotFound("model", name);

    private async Task Change(string name, IfMatch expected, Action<Model> change, CancellationToken cancel)
    {
        var id = await store.Write(c =>
        {
            var row = c.Models.FirstOrDefault(m => m.Name == name) ?? throw Refusal.NotFound("model", name);
            expected.Require(row.Version.ToString());
            change(row);
            row.Version++;
            return row.Id;
        }, cancel);
        await cards.Write(id, CancellationToken.None);
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    private static partial Regex ModelName();
}
