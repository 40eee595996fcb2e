using Microsoft.EntityFrameworkCore;
using WebLab.Api.Datasets;
using WebLab.Api.Http;
using WebLab.Api.Runs;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Search;

/// <summary>Something that was found.</summary>
/// <param name="Kind"><c>experiment</c>, <c>run</c>, <c>evaluation</c>, <c>dataset</c> or <c>model</c>.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Detail">What tells it from others of that name.</param>
/// <param name="Page">Where it is shown, relative to the site.</param>
public sealed record Hit(string Kind, string Id, string Title, string Detail, string Page);

/// <summary>What was found, the best first within each kind.</summary>
/// <param name="Query">As it was searched for.</param>
public sealed record SearchResult(string Query, IReadOnlyList<Hit> Items);

/// <summary>Finds things of every kind by name, tag or the beginning or end of an id.</summary>
public sealed class SearchService(LabStore store, DatasetService datasets)
{
    public const int MaxLength = 200, DefaultEach = 5, MaxEach = 20;

    /// <param name="text">Words; all must fit, anywhere in name, question or tags.</param>
    /// <param name="each">Most of one kind.</param>
    /// <exception cref="Refusal">400.</exception>
    public async Task<SearchResult> Find(string? text, int each, CancellationToken cancel)
    {
        text = text?.Trim() ?? "";
        if (text.Length > MaxLength) throw Refusal.Invalid("q", $"is {text.Length} characters long; at most {MaxLength} are searched for");
        if (each is < 1 or > MaxEach) throw Refusal.Invalid("limit", $"got {each}, wanted 1 to {MaxEach}");
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(8).ToList();
        if (words.Count == 0) return new SearchResult(text, []);
        await using var read = store.Read();
        var hits = new List<Hit>();
        hits.AddRange(await Experiments(read, words, each, cancel));
        var runs = await Runs(read, words, each, cancel);
        hits.AddRange(runs.Where(h => h.Kind == "run"));
        hits.AddRange(runs.Where(h => h.Kind == "evaluation"));
        hits.AddRange(datasets.List(new PageRequest(PageRequest.MaxLimit, null)).Items.Where(d => words.All(w => Has(d.Id, w) || Has(d.Name, w))).Take(each)
            .Select(d => new Hit("dataset", d.Id, d.Name, d.Id, $"datasets/{d.Id}")));
        hits.AddRange(await Models(read, words, each, cancel));
        return new SearchResult(text, hits);
    }

    private static async Task<IEnumerable<Hit>> Experiments(LabContext read, IReadOnlyList<string> words, int each, CancellationToken cancel)
    {
        var found = read.Experiments.Where(x => x.TrashedAt == null);
        foreach (var word in words)
        {
            var pattern = Filter.Anywhere(word);
            found = found.Where(x => EF.Functions.Like(x.Name, pattern, @"\") || EF.Functions.Like(x.Question!, pattern, @"\") || EF.Functions.Like(x.TagList, pattern, @"\")
                || EF.Functions.Like(x.Id, pattern, @"\"));
        }
        return (await found.OrderByDescending(x => x.Id).Take(each).ToListAsync(cancel))
            .Select(x => new Hit("experiment", x.Id, x.Name, $"{x.Method}, {x.Architecture}, {x.DatasetId}", $"experiments/{x.Id}"));
    }

    private static async Task<IReadOnlyList<Hit>> Runs(LabContext read, IReadOnlyList<string> words, int each, CancellationToken cancel)
    {
        var hits = new List<Hit>();
        foreach (var evaluations in (bool[])[false, true])
        {
            var found = read.Runs.Where(r => r.TrashedAt == null && (r.Kind == RunKind.Evaluate) == evaluations);
            foreach (var word in words)
            {
                var pattern = Filter.Anywhere(word);
                found = found.Where(r => EF.Functions.Like(r.Name, pattern, @"\") || EF.Functions.Like(r.TagList, pattern, @"\") || EF.Functions.Like(r.Id, pattern, @"\"));
            }
            hits.AddRange((await found.OrderByDescending(r => r.Id).Take(each).ToListAsync(cancel)).Select(r => new Hit(evaluations ? "evaluation" : "run", r.Id, r.Name,
                $"{Queue.Journal.Word(r.Status)}, {r.Id[^6..]}", evaluations ? $"evaluations/{r.Id}" : $"runs/{r.Id}")));
        }
        return hits;
    }

    private static async Task<IEnumerable<Hit>> Models(LabContext read, IReadOnlyList<string> words, int each, CancellationToken cancel)
    {
        var found = read.Models.Where(m => m.TrashedAt == null);
        foreach (var word in words)
        {
            var pattern = Filter.Anywhere(word);
            found = found.Where(m => EF.Functions.Like(m.Name, pattern, @"\") || EF.Functions.Like(m.TagList, pattern, @"\"));
        }
        return (await found.OrderByDescending(m => m.Id).Take(each).ToListAsync(cancel)).Select(m => new Hit("model", m.Id, m.Name, "", $"models/{m.Name}"));
    }

    private static bool Has(string text, string word) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
}

public static class SearchEndpoints
{
    public static void AddSearch(this IServiceCollection services) => services.AddSingleton<SearchService>();

    public static void MapSearch(this RouteGroupBuilder api) => api.MapGet("/search", Search).WithTags("System").WithName("search");

    /// <summary>Find experiments, runs, evaluations, data sets and models by name</summary>
    /// <param name="q">Words; all must fit, in any order, in name, question, tags or id.</param>
    /// <param name="limit">Most of one kind, 1 to 20; 5 by default.</param>
    private static async Task<Microsoft.AspNetCore.Http.HttpResults.Ok<SearchResult>> Search(string? q, int? limit, SearchService search, CancellationToken cancel) =>
        TypedResults.Ok(await search.Find(q, limit ?? SearchService.DefaultEach, cancel));
}
