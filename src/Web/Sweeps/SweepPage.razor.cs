using Microsoft.AspNetCore.Components;
using WebLab.Api.Accounts;
using WebLab.Api.Experiments;
using WebLab.Api.Http;
using WebLab.Api.Sweeps;
using WebLab.Engine.Recipes;

namespace WebLab.Web.Sweeps;

/// <summary>A sweep: its points as lines and as a table.</summary>
public sealed partial class SweepPage
{
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(3);

    // So many values of a list stand at an axis by themselves.
    private const int MostTicks = 8;

    private readonly CancellationTokenSource _gone = new();
    private SweepDetail? _sweep;
    private IReadOnlyList<ParallelChart.Axis> _axes = [];
    private IReadOnlyList<(int Number, double[] Values)> _lines = [];
    private IReadOnlySet<int>? _kept;
    private string? _loaded;
    private string? _refused;
    private bool _missing;
    private bool _mayWrite;

    [Parameter] public string Id { get; set; } = "";

    [SupplyParameterFromQuery(Name = "sort")] public string? Sort { get; set; }

    private bool Live => _sweep!.Status is ExperimentStatus.Running or ExperimentStatus.Waiting or ExperimentStatus.Paused;

    private IEnumerable<(string Column, string Title)> Columns => [("number", "Point"), .. _sweep!.Axes.Select(a => (a.Path, a.Path)), ("status", "Status"), ("clean", "Clean"), ("robust", "Robust"), ("best", "Best robust"), ("time", "Time")];

    private IReadOnlyList<SweepRow> Shown
    {
        get
        {
            var rows = _sweep!.Rows.Where(r => _kept?.Contains(r.Number) != false);
            var column = (Sort ?? "number").TrimStart('-');
            var down = Sort?.StartsWith('-') == true;
            return [.. rows.OrderBy(r => Key(r, column) is null).ThenBy(r => (down ? -1 : 1) * (Key(r, column) ?? 0)).ThenBy(r => r.Number)];
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        if (_loaded == Id) return;
        (_loaded, _sweep, _missing, _kept) = (Id, null, false, null);
        _mayWrite = await Visitor.May(Access.Write);
        await Read();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        using var timer = new PeriodicTimer(Often, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_gone.Token))
            {
                if (_missing) continue;
                await Read();
                StateHasChanged();
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
    }

    public void Dispose() => _gone.Cancel();

    private async Task Read()
    {
        try
        {
            _sweep = await Sweeps.Get(Id, _gone.Token);
        }
        catch (Refusal e) when (e.Kind == ProblemKinds.NotFound)
        {
            _missing = true;
            return;
        }

        var axes = _sweep.Axes.Select(a => (a.Path, Axis: Axis(a), Row: (Func<SweepRow, double?>)(r => Place(a, r)))).ToList();
        _axes = [.. axes.Select(a => a.Axis), new("clean", Unit: " %"), new("robust", Unit: " %")];
        _lines = [.. _sweep.Rows.Where(r => r.Experiment is { CleanAccuracy: not null, RobustAccuracy: not null })
            .Select(r => (r.Number, Values: axes.Select(a => a.Row(r)).Append(r.Experiment.CleanAccuracy * 100).Append(r.Experiment.RobustAccuracy * 100).ToArray()))
            .Where(l => l.Values.All(v => v is not null)).Select(l => (l.Number, l.Values.Select(v => v!.Value).ToArray()))];
    }

    // Numbers stand by their size, everything else by its word.
    private ParallelChart.Axis Axis(SweepAxis axis)
    {
        var values = _sweep!.Rows.Select(r => r.Values.GetValueOrDefault(axis.Path)).ToList();
        if (values.Any(v => SweepFormat.Number(v) is null)) return new(axis.Path, Words: Words(axis));
        var radius = values.All(v => SweepWords.Of(v).EndsWith("/255", StringComparison.Ordinal));
        var ticks = _sweep.Rows.Select(r => Place(axis, r)).OfType<double>().Distinct().Order().ToList();
        return new(axis.Path, axis.Scale == SweepScale.Log && values.All(v => SweepFormat.Number(v) > 0), Unit: radius ? "/255" : "", Ticks: ticks.Count is > 1 and <= MostTicks ? ticks : null);
    }

    private double? Place(SweepAxis axis, SweepRow row)
    {
        var value = row.Values.GetValueOrDefault(axis.Path);
        var words = _sweep!.Rows.Any(r => SweepFormat.Number(r.Values.GetValueOrDefault(axis.Path)) is null) ? Words(axis) : null;
        var radius = SweepWords.Of(value).EndsWith("/255", StringComparison.Ordinal) ? 255 : 1;
        return words is null ? SweepFormat.Number(value) * radius : words.ToList().IndexOf(SweepWords.Of(value));
    }

    private IReadOnlyList<string> Words(SweepAxis axis) => [.. _sweep!.Rows.Select(r => SweepWords.Of(r.Values.GetValueOrDefault(axis.Path))).Distinct()];

    private double? Key(SweepRow row, string column) => column switch
    {
        "number" => row.Number,
        "status" => (double)row.Experiment.Status,
        "clean" => row.Experiment.CleanAccuracy,
        "robust" => row.Experiment.RobustAccuracy,
        "best" => row.Experiment.Best?.Mean,
        "time" => row.Experiment.Seconds,
        _ => _sweep!.Axes.FirstOrDefault(a => a.Path == column) is { } axis ? Place(axis, row) : row.Number,
    };

    private void SortBy(string column) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("sort", Sort == "-" + column ? column : Sort == column ? null : "-" + column), replace: true);

    private string Order(string column) => (Sort ?? "number") == column ? "ascending" : Sort == "-" + column ? "descending" : "none";

    private string Arrow(string column) => Order(column) switch { "ascending" => "arrow_upward", "descending" => "arrow_downward", _ => "unfold_more" };

    private async Task Try(Func<Task> act)
    {
        _refused = null;
        try
        {
            await Visitor.Require(Access.Write);
            await act();
            await Read();
        }
        catch (Refusal e)
        {
            _refused = e.Message;
        }
    }
}
