using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Experiments;

/// <summary>What can be done to several experiments at once.</summary>
public enum BulkAction { Archive, Trash, Restore, Tag, Untag, Start, Cancel, Purge }

/// <summary>One action for several experiments; each is done or refused by itself.</summary>
/// <param name="Ids">1 to 200 experiments.</param>
/// <param name="Action"><c>start</c> retries what failed, resumes what is paused, and queues what was cancelled, or never queued, anew.</param>
/// <param name="Tags">For <c>tag</c> and <c>untag</c>: added or taken away, the other tags stay.</param>
public sealed record BulkRequest(IReadOnlyList<string> Ids, BulkAction Action, IReadOnlyList<string>? Tags = null);

/// <summary>What came of one experiment.</summary>
/// <param name="Kind">Refused: the kind of the problem, such as <c>not-found</c> or <c>invalid-transition</c>.</param>
/// <param name="Detail">Refused: why.</param>
public sealed record BulkItem(string Id, bool Done, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Kind = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null);

/// <summary>What came of all, in the order asked.</summary>
public sealed record BulkResult(int Done, int Refused, IReadOnlyList<BulkItem> Items);

/// <summary>Does one thing to many experiments, and says of each what came of it.</summary>
public sealed class BulkActions(ExperimentService experiments, RunActions actions, TrashBin trash, LabStore store)
{
    public const int MaxIds = 200;

    /// <exception cref="Refusal">400 for a request that fits no experiment; what a single one cannot do stands at its item.</exception>
    public async Task<BulkResult> Do(BulkRequest request, string? user, CancellationToken cancel)
    {
        if (request.Ids.Count is 0 or > MaxIds) throw Refusal.Invalid("ids", $"wanted 1 to {MaxIds} experiments; got {request.Ids.Count}");
        if (request.Ids.Distinct().Count() < request.Ids.Count) throw Refusal.Invalid("ids", "names an experiment twice");
        var tagging = request.Action is BulkAction.Tag or BulkAction.Untag;
        if (tagging && request.Tags is not { Count: > 0 }) throw Refusal.Invalid("tags", "wanted at least one tag");
        if (!tagging && request.Tags is not null) throw Refusal.Invalid("tags", $"mean nothing to {RunActions.Word(request.Action)}; leave them out");
        Texts.Check(null, null, request.Tags);

        var items = new List<BulkItem>(request.Ids.Count);
        foreach (var id in request.Ids)
        {
            try
            {
                await One(id, request, user, cancel);
                items.Add(new BulkItem(id, true));
            }
            catch (Refusal e)
            {
                items.Add(new BulkItem(id, false, e.Kind.Name, e.Message));
            }
        }

        return new BulkResult(items.Count(i => i.Done), items.Count(i => !i.Done), items);
    }

    private Task One(string id, BulkRequest request, string? user, CancellationToken cancel) => request.Action switch
    {
        BulkAction.Archive => experiments.Archive(id, cancel),
        BulkAction.Trash => experiments.Trash(id, new IfMatch("*"), cancel),
        BulkAction.Restore => experiments.Restore(id, cancel),
        BulkAction.Purge => trash.PurgeExperiment(id, cancel),
        BulkAction.Start => Start(id, user, cancel),
        BulkAction.Cancel => Cancel(id, cancel),
        BulkAction.Tag => Retag(id, tags => tags.Union(request.Tags!), cancel),
        _ => Retag(id, tags => tags.Except(request.Tags!), cancel),
    };

    /// <summary>Retries, resumes or queues anew whatever of an experiment does not run and has not completed.</summary>
    /// <exception cref="Refusal">404; 409 when there is nothing of that kind.</exception>
    public async Task Start(string id, string? user, CancellationToken cancel)
    {
        var runs = await Runs(id, cancel);
        var moved = 0;
        foreach (var run in runs.Where(r => r.Status is RunStatus.Failed or RunStatus.Paused))
        {
            await actions.Do(run.Id, run.Status == RunStatus.Failed ? RunAction.Retry : RunAction.Resume, "started again", cancel);
            moved++;
        }

        // A cancelled run ends for good; its seed gets a new one, unless it has that already.
        var lost = runs.Where(r => r.Status == RunStatus.Cancelled).Select(r => (int)r.Seed).Distinct()
            .Where(seed => runs.All(r => r.Seed != seed || r.Status == RunStatus.Cancelled)).ToList();
        if (runs.Count == 0) lost = [RecipeJson.Read((await experiments.Get(id, cancel)).Recipe).Recipe?.Seed ?? 0];
        if (lost.Count > 0) await experiments.AddRuns(id, new NewRuns(lost), user, cancel);
        else if (moved == 0) throw Refusal.InvalidTransition("no run of it failed, is paused or was cancelled", []);
    }

    /// <summary>Cancels every run of an experiment that has not ended.</summary>
    /// <exception cref="Refusal">404; 409 when all have ended.</exception>
    public async Task Cancel(string id, CancellationToken cancel)
    {
        var live = (await Runs(id, cancel)).Where(r => !StateMachine.IsTerminal(r.Status)).ToList();
        if (live.Count == 0) throw Refusal.InvalidTransition("none of its runs waits or works", []);
        foreach (var run in live) await actions.Do(run.Id, RunAction.Cancel, null, cancel);
    }

    private async Task Retag(string id, Func<IEnumerable<string>, IEnumerable<string>> change, CancellationToken cancel)
    {
        var known = await experiments.Get(id, cancel);
        await experiments.Patch(id, new ExperimentPatch(Tags: [.. change(known.Tags)]), new IfMatch("*"), cancel);
    }

    private async Task<List<Run>> Runs(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        if (!await read.Experiments.AnyAsync(x => x.Id == id, cancel)) throw Refusal.NotFound("experiment", id);
        return await read.Runs.Where(r => r.ExperimentId == id && r.TrashedAt == null).OrderBy(r => r.Id).ToListAsync(cancel);
    }
}
