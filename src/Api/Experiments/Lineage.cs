using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Recipes;

namespace WebLab.Api.Experiments;

/// <summary>An experiment in a line of descent.</summary>
/// <param name="Changes">Fields in which the child differs from its parent: of an ancestor those that led to the next, of a child its own.</param>
public sealed record Relative(string Id, string Name, DateTimeOffset CreatedAt, bool Trashed, IReadOnlyList<FieldChange> Changes);

/// <summary>A sweep over the recipe of an experiment.</summary>
public sealed record SweepOf(string Id, string Name, int Points);

/// <summary>Where an experiment comes from and what came of it.</summary>
/// <param name="Ancestors">The parent first, at most 20.</param>
/// <param name="Children">Oldest first, at most 100, without points of sweeps.</param>
/// <param name="Sweeps">Sweeps over its recipe, oldest first.</param>
/// <param name="LostParentId">Set when the line ends at an experiment that was purged.</param>
public sealed record LineageView(string Id, IReadOnlyList<Relative> Ancestors, IReadOnlyList<Relative> Children, IReadOnlyList<SweepOf> Sweeps, string? LostParentId);

/// <summary>The recipes of two experiments beside each other.</summary>
public sealed record ExperimentDiff(string FromId, string ToId, IReadOnlyList<FieldChange> Changes);

/// <summary>Follows clones to their parents, and says what was changed on the way.</summary>
public sealed class Lineage(LabStore store)
{
    private const int MostAncestors = 20, MostChildren = 100;

    /// <exception cref="Refusal">404.</exception>
    public async Task<LineageView> Of(string id, CancellationToken cancel)
    {
        await using var read = store.Read();
        var self = await Find(read, id, cancel);
        var ancestors = new List<Relative>();
        var (child, lost) = (self, (string?)null);
        while (child.ParentId is { } parentId && ancestors.Count < MostAncestors && ancestors.All(a => a.Id != parentId))
        {
            var parent = await read.Experiments.SingleOrDefaultAsync(x => x.Id == parentId, cancel);
            if (parent is null)
            {
                lost = parentId;
                break;
            }

            ancestors.Add(Shown(parent, Changes(parent, child)));
            child = parent;
        }

        var children = await read.Experiments.Where(x => x.ParentId == id && x.SweepId == null && x.TrashedAt == null).OrderBy(x => x.Id).Take(MostChildren).ToListAsync(cancel);
        var sweeps = await read.Sweeps.Where(s => s.TrashedAt == null && read.Experiments.Any(x => x.SweepId == s.Id && x.ParentId == id && x.TrashedAt == null)).OrderBy(s => s.Id).Take(MostChildren)
            .Select(s => new SweepOf(s.Id, s.Name, read.Experiments.Count(x => x.SweepId == s.Id && x.TrashedAt == null))).ToListAsync(cancel);
        return new LineageView(id, ancestors, [.. children.Select(c => Shown(c, Changes(self, c)))], sweeps, lost);
    }

    /// <exception cref="Refusal">404.</exception>
    public async Task<ExperimentDiff> Diff(string fromId, string toId, CancellationToken cancel)
    {
        await using var read = store.Read();
        return new ExperimentDiff(fromId, toId, Changes(await Find(read, fromId, cancel), await Find(read, toId, cancel)));
    }

    private static IReadOnlyList<FieldChange> Changes(Experiment from, Experiment to) => from.RecipeHash == to.RecipeHash ? []
        : RecipeDiff.Between(JsonNode.Parse(from.RecipeJson), JsonNode.Parse(to.RecipeJson));

    private static Relative Shown(Experiment x, IReadOnlyList<FieldChange> changes) => new(x.Id, x.Name, x.CreatedAt, x.TrashedAt is not null, changes);

    private static async Task<Experiment> Find(LabContext read, string id, CancellationToken cancel) =>
        await read.Experiments.SingleOrDefaultAsync(x => x.Id == id, cancel) ?? throw Refusal.NotFound("experiment", id);
}
