using Microsoft.AspNetCore.Components;
using WebLab.Api.Accounts;
using WebLab.Api.Experiments;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Web.Parts;

namespace WebLab.Web.Experiments;

/// <summary>The list of experiments: what it shows stands in the address, rows that are picked too.</summary>
public sealed partial class ExperimentsPage
{
    private const int PageSize = 50;

    // The words of the filter are statuses of runs.
    private static readonly (string Value, string Word)[] Statuses =
    [
        ("starting,running,pausing,finishing,cancelling", "running"), ("queued,lost", "waiting"), ("paused", "paused"), ("completed", "completed"), ("failed", "failed"), ("cancelled", "cancelled"),
    ];

    private static readonly (string? Column, string Title, bool Number, string About)[] Columns =
    [
        ("name", "Name", false, "Sort by name"), (null, "Status", false, ""), (null, "Data", false, ""), (null, "Network", false, ""), (null, "Method", false, ""),
        ("clean", "Clean", true, "Sort by clean accuracy, the mean over seeds"), ("robust", "Robust", true, "Sort by robust accuracy, the mean over seeds"),
        ("best", "Best robust", true, "Sort by the mean of the seeds' best robust accuracies"), ("seeds", "Seeds", true, "Sort by the number of runs"),
        ("time", "Time", true, "Sort by the time from the first start to the last end"), ("createdAt", "Made", true, "Sort by age"),
    ];

    private readonly Dictionary<string, ExperimentSummary> _seen = [];
    private readonly HashSet<string> _picked = [];
    private Panel<Page<ExperimentSummary>>? _panel;
    private IReadOnlyList<TagUse> _tagWords = [];
    private IReadOnlyList<ExperimentSummary>? _purging;
    private BulkResult? _said;
    private Func<Task>? _undo;
    private string _words = "";
    private string? _typed;
    private string? _wrong;
    private bool _mayWrite;

    [SupplyParameterFromQuery(Name = "filter")] public string? Filter { get; set; }

    [SupplyParameterFromQuery(Name = "q")] public string? Text { get; set; }

    [SupplyParameterFromQuery(Name = "show")] public string? Show { get; set; }

    [SupplyParameterFromQuery(Name = "sort")] public string? Sort { get; set; }

    [SupplyParameterFromQuery(Name = "cursor")] public string? Cursor { get; set; }

    [SupplyParameterFromQuery(Name = "sel")] public string? Selected { get; set; }

    private bool Filtered => Filter is not null || Text is not null || Show is not null || Cursor is not null;

    private ExperimentQuery Query => new(Filter, Text, Sort, Show);

    // What a saved view keeps.
    private string View => string.Join('&', new[] { ("filter", Filter), ("q", Text), ("show", Show), ("sort", Sort) }.Where(p => !string.IsNullOrEmpty(p.Item2)).Select(p => $"{p.Item1}={Uri.EscapeDataString(p.Item2!)}"));

    private IReadOnlyList<string> PickedRuns => [.. _picked.Where(_seen.ContainsKey).SelectMany(id => _seen[id].RunIds)];

    protected override async Task OnInitializedAsync()
    {
        _mayWrite = await Visitor.May(Access.Write);
        foreach (var id in (Selected ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Where(Ids.IsId).Take(BulkActions.MaxIds)) _picked.Add(id);
    }

    protected override void OnParametersSet() => (_typed, _wrong) = (null, Complaint(Filter));

    private string? Complaint(string? filter)
    {
        try
        {
            Experiments.Check(Query with { Filter = filter });
            return null;
        }
        catch (Refusal e)
        {
            return e.Errors is { } errors && errors.TryGetValue("filter", out var messages) ? string.Join(", ", messages) : e.Message;
        }
    }

    // A filter that cannot be read narrows nothing away: the list stays empty and the box says why.
    private async Task<Page<ExperimentSummary>> Load(CancellationToken cancel)
    {
        if (_wrong is not null && _typed is null) return new Page<ExperimentSummary>([], null);
        var page = await Experiments.List(Query, PageRequest.Of(PageSize, Cursor), cancel);
        foreach (var x in page.Items) _seen[x.Id] = x;
        return page;
    }

    private void Apply(string? text)
    {
        var fresh = string.IsNullOrWhiteSpace(text) ? null : text;
        if (fresh == Filter && _typed is null) return;
        _wrong = Complaint(fresh);
        _typed = _wrong is null ? null : fresh;
        if (_wrong is null) Go("filter", fresh);
    }

    private string Quick(string field)
    {
        try
        {
            var terms = Api.Store.Filter.Parse(Filter).Where(t => t.Field == field).ToList();
            return terms is [{ IsNegated: false } only] ? string.Join(',', only.Values) : "";
        }
        catch (Refusal)
        {
            return "";
        }
    }

    private void Quick(string field, string? value)
    {
        var values = (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        var filter = Api.Store.Filter.With(Filter, field, values.Length == 0 ? null : new FilterTerm(field, values.Length == 1 ? "=" : "in", values));
        Go("filter", filter);
    }

    private void Go(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
    {
        [name] = string.IsNullOrWhiteSpace(value) ? null : value,
        ["cursor"] = name == "cursor" ? value : null,
    }));

    private void SortBy(string column, bool number)
    {
        // Of numbers the largest first; the third click is as the first visit.
        var (first, second) = number ? ("-" + column, column) : (column, "-" + column);
        Go("sort", column == "createdAt" ? (Sort == "createdAt" ? null : "createdAt") : Sort == first ? second : Sort == second ? null : first);
    }

    private string Order(string column) => (Sort ?? "-createdAt") == column ? "ascending" : (Sort ?? "-createdAt") == "-" + column ? "descending" : "none";

    private string Arrow(string column) => Order(column) switch { "ascending" => "arrow_upward", "descending" => "arrow_downward", _ => "unfold_more" };

    private void Pick(string id, bool on)
    {
        if (on) _picked.Add(id);
        else _picked.Remove(id);
        KeepPicked();
    }

    private void PickAll(Page<ExperimentSummary> page, bool on)
    {
        if (on) _picked.UnionWith(page.Items.Select(x => x.Id));
        else _picked.ExceptWith(page.Items.Select(x => x.Id));
        KeepPicked();
    }

    private void PickNone()
    {
        _picked.Clear();
        KeepPicked();
    }

    // The set in memory leads; the address follows, so that a copied link or a new connection has the same rows.
    private void KeepPicked() => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("sel", _picked.Count == 0 ? null : string.Join(',', _picked)), replace: true);

    private async Task Act((BulkAction Action, IReadOnlyList<string>? Tags) wanted)
    {
        try
        {
            var actor = await Visitor.Require(Access.Write);
            var ids = _picked.ToList();
            Tell(await Bulk.Do(new BulkRequest(ids, wanted.Action, wanted.Tags), actor.Name, CancellationToken.None), wanted.Action);
            var moved = _said!.Items.Where(i => i.Done).Select(i => i.Id).ToList();
            _undo = wanted.Action is BulkAction.Archive or BulkAction.Trash && moved.Count > 0
                ? async () => Tell(await Bulk.Do(new BulkRequest(moved, BulkAction.Restore), actor.Name, CancellationToken.None), BulkAction.Restore) : null;
            if (wanted.Action is BulkAction.Archive or BulkAction.Trash or BulkAction.Restore or BulkAction.Purge)
            {
                _picked.ExceptWith(moved);
                KeepPicked();
            }
        }
        catch (Refusal e)
        {
            (_said, _words, _undo) = (new BulkResult(0, 1, []), e.Message, null);
        }

        await _panel!.Reload();
    }

    private void Tell(BulkResult result, BulkAction action)
    {
        _said = result;
        var done = action switch
        {
            BulkAction.Archive => "archived", BulkAction.Trash => "put into the trash", BulkAction.Restore => "restored", BulkAction.Start => "started again",
            BulkAction.Cancel => "cancelled", BulkAction.Purge => "deleted for good", BulkAction.Tag => "tagged", _ => "freed of the tag",
        };
        _words = result.Done == 0 ? "Nothing was changed" : $"{result.Done} {(result.Done == 1 ? "experiment" : "experiments")} {done}";
        if (result.Refused > 0) _words += $", {result.Refused} refused";
        _words += ".";
    }

    private async Task Undo()
    {
        var undo = _undo!;
        _undo = null;
        await undo();
        await _panel!.Reload();
    }

    private void AskPurge() => _purging = [.. _picked.Where(_seen.ContainsKey).Select(id => _seen[id]).Where(x => x.TrashedAt is not null)];

    private async Task Purge()
    {
        _purging = null;
        await Act((BulkAction.Purge, null));
    }

    private async Task Retag(ExperimentSummary x, IReadOnlyList<string> tags)
    {
        try
        {
            await Visitor.Require(Access.Write);
            await Experiments.Patch(x.Id, new ExperimentPatch(Tags: tags), new IfMatch("*"), CancellationToken.None);
            _said = null;
        }
        catch (Refusal e)
        {
            (_said, _words, _undo) = (new BulkResult(0, 1, [new BulkItem(x.Id, false, e.Kind.Name, e.Message)]), "The tags stay as they were.", null);
        }

        await _panel!.Reload();
    }

    private async Task ReadTags() => _tagWords = await Hints.Tags(CancellationToken.None);

    private string NameOf(string id) => _seen.TryGetValue(id, out var x) ? x.Name : id;

    private string DaysLeft(DateTimeOffset purged)
    {
        var days = Math.Max(0, Math.Ceiling((purged - Time.GetUtcNow()).TotalDays));
        return days <= 1 ? "1 day left" : $"{days:0} days left";
    }
}
