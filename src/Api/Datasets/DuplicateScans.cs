using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Datasets;

/// <summary>How far a search for duplicates is.</summary>
public enum ScanState
{
    /// <summary>Nobody has asked for it.</summary>
    Absent,

    /// <summary>Another search is at work.</summary>
    Waiting,

    Searching,

    /// <summary>The report is there; it is kept with the version.</summary>
    Ready,

    Failed,
}

/// <summary>Duplicates in one version of a data set.</summary>
/// <param name="Fraction">Of a search at work, in [0,1].</param>
/// <param name="Report">Once it is ready.</param>
/// <param name="Message">Why it failed.</param>
public sealed record DuplicateView(string DatasetId, string Version, ScanState State, double? Fraction = null, DuplicateReport? Report = null, string? Message = null);

/// <summary>
/// Searches data sets for duplicates, one after the other, beside everything else. What was found lies in the folder of the version, which never
/// changes, so that it is searched once.
/// </summary>
public sealed class DuplicateScans(DatasetService sets, DataDirectory data, ILogger<DuplicateScans> log) : BackgroundService
{
    private readonly Channel<Scan> _queue = Channel.CreateUnbounded<Scan>();
    private readonly ConcurrentDictionary<(string Id, string Version), Scan> _scans = new();

    // Pages that wait for a search ask every second.
    private readonly ConcurrentDictionary<(string Id, string Version), DuplicateReport> _reports = new();

    /// <param name="version">Null for the newest.</param>
    /// <exception cref="Refusal">404.</exception>
    public DuplicateView Get(string id, string? version)
    {
        var found = sets.Get(id, version);
        if (_scans.TryGetValue((found.Id, found.Version), out var scan)) return scan.View;
        return Kept(found.Id, found.Version) is { } report ? new DuplicateView(found.Id, found.Version, ScanState.Ready, Report: report) : new DuplicateView(found.Id, found.Version, ScanState.Absent);
    }

    /// <summary>Queues a search unless its report is there or it is under way.</summary>
    /// <exception cref="Refusal">404.</exception>
    public DuplicateView Start(string id, string? version)
    {
        var view = Get(id, version);
        if (view.State is not (ScanState.Absent or ScanState.Failed)) return view;
        var scan = new Scan(view.DatasetId, view.Version);
        var key = (view.DatasetId, view.Version);
        // Of two that ask at once one queues it.
        if (!(_scans.TryGetValue(key, out var failed) ? _scans.TryUpdate(key, scan, failed) : _scans.TryAdd(key, scan))) return Get(id, version);
        _queue.Writer.TryWrite(scan);
        return scan.View;
    }

    /// <summary>Ends a search; nothing of it is kept.</summary>
    /// <exception cref="Refusal">404.</exception>
    public DuplicateView Stop(string id, string? version)
    {
        var view = Get(id, version);
        if (view.State is ScanState.Waiting or ScanState.Searching && _scans.TryRemove((view.DatasetId, view.Version), out var scan)) scan.Cancel.Cancel();
        return Get(id, version);
    }

    public override void Dispose()
    {
        foreach (var scan in _scans.Values) scan.Cancel.Cancel();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        await foreach (var scan in _queue.Reader.ReadAllAsync(stopping))
        {
            // Seconds to a minute of computing: a thread of its own, not one of those that answer requests.
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, scan.Cancel.Token);
            await Task.Factory.StartNew(() => Search(scan, either.Token), stopping, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private void Search(Scan scan, CancellationToken cancel)
    {
        try
        {
            cancel.ThrowIfCancellationRequested();
            scan.Searching(0);
            using var set = DatasetShelf.In(data.Root).Open(scan.Id, scan.Version);
            var report = DuplicateSearch.Run(set, scan.Searching, cancel);
            Durable.Replace(FileOf(scan.Id, scan.Version), JsonSerializer.SerializeToUtf8Bytes(report, Json.Options));
            log.LogInformation("Searched {Id} {Version} for duplicates: {Leaked} test images are in the training split, {Near} look like one there", scan.Id, scan.Version, report.Exact.Leaked, report.Near.Leaked);
            _scans.TryRemove(new KeyValuePair<(string, string), Scan>((scan.Id, scan.Version), scan));
        }
        catch (OperationCanceledException)
        {
            _scans.TryRemove(new KeyValuePair<(string, string), Scan>((scan.Id, scan.Version), scan));
        }
        catch (Exception e)
        {
            log.LogWarning(e, "The search of {Id} {Version} for duplicates failed", scan.Id, scan.Version);
            scan.Fail(e is JobFailure ? e.Message : "the search failed; the server's log says why");
        }
    }

    private DuplicateReport? Kept(string id, string version)
    {
        if (_reports.TryGetValue((id, version), out var known)) return known;
        try
        {
            var report = JsonSerializer.Deserialize<DuplicateReport>(File.ReadAllBytes(FileOf(id, version)), Json.Options);
            return report?.Format == DuplicateReport.Current ? _reports.GetOrAdd((id, version), report) : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    private string FileOf(string id, string version) => DataDirectory.Child(data.Dataset(id, version), DuplicateReport.FileName);

    private sealed class Scan(string id, string version)
    {
        private volatile DuplicateView _view = new(id, version, ScanState.Waiting);

        public string Id => id;

        public string Version => version;

        public CancellationTokenSource Cancel { get; } = new();

        public DuplicateView View => _view;

        public void Searching(double share) => _view = new DuplicateView(id, version, ScanState.Searching, Math.Round(share, 3));

        public void Fail(string message) => _view = new DuplicateView(id, version, ScanState.Failed, Message: message);
    }
}
