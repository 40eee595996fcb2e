using Microsoft.EntityFrameworkCore;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Experiments;

/// <summary>A field that a list of experiments can be narrowed by.</summary>
/// <param name="Numeric">It is compared with <c>= != > >= &lt; &lt;=</c>; else with <c>=</c>, <c>!=</c> and <c>in (a, b)</c>. Such fields can be sorted by, too.</param>
/// <param name="Meaning">In a few words.</param>
/// <param name="Values">Words that occur, at most 100.</param>
public sealed record FilterField(string Name, bool Numeric, string Meaning, IReadOnlyList<string> Values);

/// <summary>A tag and how many experiments carry it.</summary>
public sealed record TagUse(string Tag, int Experiments);

/// <summary>What can be written into a filter, and the words that occur.</summary>
public sealed class FilterHints(LabStore store)
{
    private const int Most = 100;

    public async Task<IReadOnlyList<FilterField>> Fields(CancellationToken cancel)
    {
        await using var read = store.Read();
        var shown = read.Experiments.Where(x => x.TrashedAt == null);
        return
        [
            new("status", false, "a run has this status", [.. Enum.GetValues<RunStatus>().Select(Journal.Word)]),
            new("method", false, "training method", await Words(shown.Select(x => x.Method), cancel)),
            new("dataset", false, "data set", await Words(shown.Select(x => x.DatasetId), cancel)),
            new("architecture", false, "network", await Words(shown.Select(x => x.Architecture), cancel)),
            new("tag", false, "carries the tag", [.. (await Tags(cancel)).Select(t => t.Tag)]),
            new("by", false, "who made it", await Words(shown.Where(x => x.CreatedBy != null).Select(x => x.CreatedBy!), cancel)),
            new("name", false, "the whole name", []),
            new("sweep", false, "a point of the sweep with this id", []),
            new("parent", false, "derived from this id", []),
            new("clean", true, "mean clean accuracy, 0 to 1", []),
            new("robust", true, "mean robust accuracy, 0 to 1", []),
            new("best", true, "mean of the seeds' best robust accuracy, 0 to 1", []),
            new("seeds", true, "number of runs", []),
            new("time", true, "seconds from the first start to the last end", []),
        ];
    }

    /// <summary>Tags in use, the most used first.</summary>
    public async Task<IReadOnlyList<TagUse>> Tags(CancellationToken cancel)
    {
        await using var read = store.Read();
        var lists = await read.Experiments.Where(x => x.TrashedAt == null && x.TagList != "").Select(x => x.TagList).ToListAsync(cancel);
        return [.. lists.SelectMany(Store.Entities.Tags.Read).GroupBy(t => t).Select(g => new TagUse(g.Key, g.Count()))
            .OrderByDescending(t => t.Experiments).ThenBy(t => t.Tag, StringComparer.Ordinal).Take(Most)];
    }

    private static async Task<IReadOnlyList<string>> Words(IQueryable<string> column, CancellationToken cancel) => await column.Distinct().OrderBy(w => w).Take(Most).ToListAsync(cancel);
}
