using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Components;
using WebLab.Api.Http;
using WebLab.Api.Runs;
using WebLab.Web.Parts;

namespace WebLab.Web.Runs;

public sealed partial class MetricBoard
{
    private const string Open = "open";
    private const int MostPoints = 1000, PointsAmongMany = 400, Many = 5;
    private const int Ahead = 2; // charts that a page has points for before there is a circuit: the first row
    private static readonly string[] Axes = ["step", "epoch", "time"];
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _gone = new();
    private readonly Dictionary<string, IReadOnlyList<ChartLine>> _lines = [];
    private readonly Dictionary<string, string> _dashes = [];
    private CancellationTokenSource? _rest;
    private ChartView? _view;
    private IReadOnlyList<BoardChart>? _others;
    private IReadOnlyList<int> _seats = [];
    private string? _failure;
    private (string Runs, string Axis, double Smooth, string Chosen, bool Opened) _loadedFor;
    private long _stamp;
    private bool _loading;

    private string? AxisAsked => Navigation.Query("x");

    private string? SmoothAsked => Navigation.Query("smooth");

    private string? Freeze => Navigation.Query("freeze");

    private string? LogCharts => Navigation.Query("log");

    private string? Zooms => Navigation.Query("zoom");

    /// <summary>Whether the list of other metrics is open, and the charts of it that are shown, between commas.</summary>
    private string? More => Navigation.Query("more");

    private string? Search => Navigation.Query("metric");

    private string Axis => Axes.Contains(AxisAsked) ? AxisAsked! : Axes[0];

    private double Weight => double.TryParse(SmoothAsked, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) && weight is > 0 and <= Smoothing.Most ? weight : 0;

    private bool Frozen => Freeze == "1" && Live;

    private bool Opened => More is { Length: > 0 };

    private IReadOnlyList<string> Chosen => (More ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);

    private (string Runs, string Axis, double Smooth, string Chosen, bool Opened) Wanted => (string.Join(',', Runs.Select(r => r.Id)), Axis, Weight, More ?? "", Opened);

    protected override async Task OnParametersSetAsync()
    {
        _view ??= new ChartView(LogCharts, keys => Go("log", keys), Zooms, ranges => Go("zoom", ranges));
        _seats = RunSeats.Of([.. Runs.Select(r => r.Id)]);
        if (!RendererInfo.IsInteractive) await LookAhead();
        else if (_loadedFor != Wanted || (Stamp != _stamp && !Frozen)) await Load();
    }

    public void Dispose() => _gone.Cancel();

    // One reading at a time; what comes meanwhile is seen by one more behind it. The next one waits long enough that reading takes a small part of the time.
    private async Task Load()
    {
        if (_loading)
        {
            // Somebody asks for another view: that does not wait for the rest between two readings.
            if (_loadedFor != Wanted) _rest?.Cancel();
            return;
        }

        _loading = true;
        try
        {
            do
            {
                (_loadedFor, _stamp) = (Wanted, Stamp);
                var began = Stopwatch.GetTimestamp();
                await Read();
                var took = Stopwatch.GetElapsedTime(began) * 10;
                if (Live) await Rest(took > Often ? took : Often);
            }
            while (_loadedFor != Wanted || (Stamp != _stamp && !Frozen));
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
        finally
        {
            _loading = false;
        }
    }

    private async Task Rest(TimeSpan time)
    {
        using var rest = _rest = CancellationTokenSource.CreateLinkedTokenSource(_gone.Token);
        try
        {
            await Task.Delay(time, Time, rest.Token);
        }
        catch (OperationCanceledException) when (!_gone.IsCancellationRequested)
        {
            // Another view is wanted.
        }
        finally
        {
            _rest = null;
        }
    }

    private async Task LookAhead()
    {
        if (_loadedFor == Wanted) return;
        _loadedFor = Wanted;
        var charts = BoardCharts.Headline.Take(Ahead).ToList();
        try
        {
            var found = await Find([.. charts.SelectMany(c => c.Keys)]);
            foreach (var chart in charts) Take(chart, found);
        }
        catch (Refusal)
        {
            // The circuit asks again, and says why.
        }
    }

    private async Task<Dictionary<string, RunMetrics>> Find(IReadOnlyList<string> keys)
    {
        var query = new MetricQuery(keys, Points: Runs.Count >= Many ? PointsAmongMany : MostPoints, Smooth: Weight);
        var found = new Dictionary<string, RunMetrics>();
        foreach (var run in Runs) found[run.Id] = await Metrics.Get(run.Id, query, _gone.Token);
        return found;
    }

    private async Task Read()
    {
        try
        {
            if (Opened) await List();
            // Chart by chart, those on top first, so that something is to be seen soon.
            foreach (var chart in BoardCharts.Headline.Concat(BoardCharts.Machine).Concat((_others ?? []).Where(c => Chosen.Contains(c.Key))))
            {
                Take(chart, await Find(chart.Keys));
                StateHasChanged();
                if (_loadedFor != Wanted) return;
            }

            _failure = null;
        }
        catch (Refusal e)
        {
            _failure = e.Message;
        }
    }

    private async Task List()
    {
        var keys = new HashSet<string>();
        foreach (var run in Runs) keys.UnionWith((await Metrics.Keys(run.Id, _gone.Token)).Select(k => k.Key));
        _others = BoardCharts.Others(keys);
    }

    // A line that stays keeps its points, so that only what changed travels.
    private void Take(BoardChart chart, IReadOnlyDictionary<string, RunMetrics> found)
    {
        var fresh = BoardCharts.Lines(chart, Runs, found, X);
        _dashes[chart.Key] = Runs.Count > 1 ? BoardCharts.Dashes(chart, found) : "";
        var known = _lines.GetValueOrDefault(chart.Key) ?? [];
        if (known.Count == fresh.Count && known.Zip(fresh).All(p => (p.First.Name, p.First.Tone, p.First.Dash, p.First.Mark, p.First.Faint) == (p.Second.Name, p.Second.Tone, p.Second.Dash, p.Second.Mark, p.Second.Faint)))
            foreach (var (line, news) in known.Zip(fresh)) line.Replace(news.Points);
        else
            _lines[chart.Key] = fresh;
    }

    private double X(RunMetrics run, MetricView series, int at) => Axis switch
    {
        // Whole epochs until the first has shown how many steps one has.
        "epoch" => run.StepsPerEpoch is { } steps ? series.Steps[at] / steps : series.Epochs[at],
        "time" => Math.Max(0, series.Seconds[at] - run.StartedSeconds),
        _ => series.Steps[at],
    };

    private IReadOnlyList<ChartLine> LinesOf(BoardChart chart) => _lines.GetValueOrDefault(chart.Key) ?? [];

    private string NoteOf(BoardChart chart) => string.Join(' ', new[] { chart.Note, _dashes.GetValueOrDefault(chart.Key, "") }.Where(t => t.Length > 0));

    private string EmptyOf(BoardChart chart) => !_dashes.ContainsKey(chart.Key) ? "Loading points" : Live ? chart.Empty : "Nothing was measured";

    private bool Has(BoardChart chart) => LinesOf(chart).Count > 0;

    private bool Fits(BoardChart chart) => string.IsNullOrWhiteSpace(Search) || chart.Title.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase) || chart.Key.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase);

    private void Turn(string axis)
    {
        _view!.ForgetZooms();
        Go("x", axis == Axes[0] ? null : axis);
    }

    // The slider is finer towards 1, where a small step means many points more.
    private static double Place(double weight) => Math.Round(100 * (1 - Math.Pow(1 - Math.Min(weight / Smoothing.Most, 1), 1.0 / 3)));

    private void Smoothed(ChangeEventArgs change)
    {
        var weight = Smoothing.Most * (1 - Math.Pow(1 - int.Parse((string)change.Value!, CultureInfo.InvariantCulture) / 100.0, 3));
        Go("smooth", weight < 0.0005 ? null : Math.Min(Smoothing.Most, weight).ToString("0.###", CultureInfo.InvariantCulture));
    }

    private void Choose(string chart)
    {
        var chosen = string.Join(',', Chosen.Contains(chart) ? Chosen.Where(c => c != chart) : Chosen.Where(c => c != Open).Append(chart));
        Go("more", chosen.Length > 0 ? chosen : Open);
    }

    private void Go(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, string.IsNullOrEmpty(value) ? null : value), replace: true);
}
