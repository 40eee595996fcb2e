using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Accounts;

/// <summary>A list as somebody likes to see it, under a name.</summary>
/// <param name="Page">The list: <c>experiments</c>.</param>
/// <param name="Query">The query of the page's address, such as <c>filter=status%3Drunning&amp;sort=-robust</c>.</param>
/// <param name="Version">The ETag without quotes.</param>
public sealed record SavedView(string Id, string Name, string Page, string Query, int Version);

/// <summary>A view to be kept.</summary>
public sealed record NewView(string Name, string Query, string Page = "experiments");

/// <summary>What to change; what is absent stays.</summary>
public sealed record ViewPatch(string? Name = null, string? Query = null);

/// <summary>Each person's own views, in the preferences of the account.</summary>
public sealed class SavedViews(LabStore store, Ids ids)
{
    public const int MaxViews = 50, MaxName = 60, MaxQuery = 3000;
    private const string Member = "views";
    private static readonly string[] Pages = ["experiments"];

    /// <summary>In the order of their names.</summary>
    public async Task<IReadOnlyList<SavedView>> List(string userId, CancellationToken cancel)
    {
        await using var read = store.Read();
        var user = await read.Users.SingleOrDefaultAsync(u => u.Id == userId, cancel) ?? throw Refusal.NotFound("user", userId);
        return [.. Read(Preferences(user)).OrderBy(v => v.Name, StringComparer.OrdinalIgnoreCase)];
    }

    /// <exception cref="Refusal">400; 409 for a name that is taken.</exception>
    public Task<SavedView> Create(string userId, NewView wanted, CancellationToken cancel) => Change(userId, views =>
    {
        if (views.Count >= MaxViews) throw Refusal.Unprocessable("name", $"there are {MaxViews} views already; delete one first");
        var made = new SavedView(ids.Next(), wanted.Name.Trim(), wanted.Page, Trimmed(wanted.Query), 1);
        Check(made, views);
        views.Add(made);
        return made;
    }, cancel);

    /// <exception cref="Refusal">400, 404; 409 for a name that is taken; 412.</exception>
    public Task<SavedView> Patch(string userId, string id, ViewPatch patch, IfMatch expected, CancellationToken cancel) => Change(userId, views =>
    {
        var at = Find(views, id, expected);
        var changed = views[at] with { Name = patch.Name?.Trim() ?? views[at].Name, Query = patch.Query is { } query ? Trimmed(query) : views[at].Query, Version = views[at].Version + 1 };
        Check(changed, views);
        return views[at] = changed;
    }, cancel);

    /// <exception cref="Refusal">404, 412.</exception>
    public Task Delete(string userId, string id, IfMatch expected, CancellationToken cancel) => Change(userId, views =>
    {
        views.RemoveAt(Find(views, id, expected));
        return true;
    }, cancel);

    private Task<T> Change<T>(string userId, Func<List<SavedView>, T> change, CancellationToken cancel) => store.Write(rows =>
    {
        var user = rows.Users.Find(userId) ?? throw Refusal.NotFound("user", userId);
        var preferences = Preferences(user);
        var views = Read(preferences);
        var result = change(views);
        preferences[Member] = JsonSerializer.SerializeToNode(views, Json.Options);
        user.PreferencesJson = preferences.ToJsonString();
        return result;
    }, cancel);

    private static int Find(List<SavedView> views, string id, IfMatch expected)
    {
        var at = views.FindIndex(v => v.Id == id);
        if (at < 0) throw Refusal.NotFound("view", id);
        expected.Require(views[at].Version.ToString());
        return at;
    }

    private static void Check(SavedView view, IEnumerable<SavedView> others)
    {
        var errors = new List<(string, string)>();
        if (view.Name.Length is 0 or > MaxName || view.Name.Any(char.IsControl)) errors.Add(("name", $"wanted 1 to {MaxName} characters; got {view.Name.Length}"));
        if (!Pages.Contains(view.Page)) errors.Add(("page", $"got '{view.Page}', wanted {string.Join(", ", Pages)}"));
        if (view.Query.Length > MaxQuery || view.Query.Any(c => char.IsControl(c) || c is '#' or '?')) errors.Add(("query", $"wanted the query of an address, at most {MaxQuery} characters, without ? and #"));
        if (errors.Count > 0) throw Refusal.Invalid(errors);
        if (others.Any(v => v.Id != view.Id && v.Page == view.Page && string.Equals(v.Name, view.Name, StringComparison.OrdinalIgnoreCase)))
            throw Refusal.Of(ProblemKinds.Conflict, [("name", $"'{view.Name}' is taken; choose another, or change that view")]);
    }

    private static string Trimmed(string query) => query.Trim().TrimStart('?');

    private static JsonObject Preferences(User user) => JsonNode.Parse(user.PreferencesJson) as JsonObject ?? [];

    private static List<SavedView> Read(JsonObject preferences) => preferences[Member] is JsonArray kept ? kept.Deserialize<List<SavedView>>(Json.Options) ?? [] : [];
}
