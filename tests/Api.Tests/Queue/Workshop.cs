using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Store;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Queue;

/// <summary>A whole queue over a data directory of its own, with real files, a real database and real processes of the fake worker.</summary>
public sealed class Workshop : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly TempData _temp;
    private readonly bool _owns;
    private readonly CancellationTokenSource _tooLate = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public Workshop(Action<QueueOptions>? set = null, TempData? on = null)
    {
        (_temp, _owns) = (on ?? new TempData(), on is null);
        _tooLate.CancelAfter(Patience);
        Options = new QueueOptions
        {
            Worker = FakeWorker(), BackOff = [TimeSpan.Zero], Poll = TimeSpan.FromMilliseconds(20), Reconcile = TimeSpan.FromMilliseconds(200), MinFreeBytes = 0,
        };
        set?.Invoke(Options);
        var options = Microsoft.Extensions.Options.Options.Create(Options);
        var time = TimeProvider.System;
        Log = new RunLog(Data);
        Journal = new Journal(Log, _temp.Store, time, Bell);
        Keeper = new CheckpointKeeper(_temp.Store, Data, time);
        Gate = new QueueGate(_temp.Store, Data, options, Bell);
        var models = new ModelCards(_temp.Store, Data, NullLogger<ModelCards>.Instance);
        Rebuild = new IndexRebuild(_temp.Store, Data, Journal, Log, Keeper, models, NullLogger<IndexRebuild>.Instance);
        Intake = new Intake(Data, _temp.Store, Journal, new WebLab.Api.Store.Ids(time), Bell, options, time);
        Actions = new RunActions(Journal, _temp.Store, Data);
        Runs = new RunService(_temp.Store, Log, Journal, Data, time);
        Scheduler = new Scheduler(Journal, Log, _temp.Store, Data, options, Bell, Keeper, Gate, Rebuild, new TrashBin(_temp.Store, Data, models, time, Bell), time, NullLogger<Scheduler>.Instance);
    }

    public QueueOptions Options { get; }
    public WebLab.Api.Store.DataDirectory Data => _temp.Data;
    public TempData Temp => _temp;
    public QueueBell Bell { get; } = new();
    public RunLog Log { get; }
    public Journal Journal { get; }
    public CheckpointKeeper Keeper { get; }
    public QueueGate Gate { get; }
    public IndexRebuild Rebuild { get; }
    public Intake Intake { get; }
    public RunActions Actions { get; }
    public RunService Runs { get; }
    public Scheduler Scheduler { get; }
    public CancellationToken Cancel => _tooLate.Token;

    /// <summary>Program and first argument of the fake worker.</summary>
    public static string[] FakeWorker() => [Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet", Path.Combine(AppContext.BaseDirectory, "FakeWorker.dll")];

    public async Task<Workshop> Start()
    {
        await Scheduler.StartAsync(Cancel);
        await Scheduler.Ready.WaitAsync(Cancel);
        return this;
    }

    public Task<Run> Queue(Script script, int priority = 0, RunKind kind = RunKind.Train) =>
        Intake.Queue(new NewRun(kind, "test", JsonSerializer.Serialize(script, JobJson.Options)) { Priority = priority }, Cancel);

    /// <summary>The first event of the run after a number that fits.</summary>
    public async Task<RunEvent> Until(string runId, Func<RunEvent, bool> fits, long after = 0)
    {
        await foreach (var e in Log.Watch(runId, after, Cancel))
            if (fits(e)) return e;
        throw new InvalidOperationException("the log ended");
    }

    public async Task<Run> Until(string runId, params RunStatus[] statuses)
    {
        var words = statuses.Select(Journal.Word).ToList();
        await Until(runId, e => e.Type == StatusChanged.Type && words.Contains(e.Read<StatusChanged>().To));
        return Row(runId);
    }

    public Run Row(string runId)
    {
        using var read = _temp.Store.Read();
        return read.Runs.Single(r => r.Id == runId);
    }

    /// <summary>Statuses that the log says the run went through.</summary>
    public IReadOnlyList<string> Course(string runId) => [.. Log.Read(runId, 0).Where(e => e.Type == StatusChanged.Type).Select(e => e.Read<StatusChanged>().To)];

    public void AssertWhole(string runId)
    {
        var events = Log.Read(runId, 0);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(e => e.Seq));
        foreach (var (earlier, later) in events.Where(e => e.Type == StatusChanged.Type).Select(e => e.Read<StatusChanged>()).Pairs())
            Assert.Equal(earlier.To, later.From);
    }

    public int WorkerPid(string runId) => (int)Log.Read(runId, 0).Last(e => e.Type == "attemptStarted").Read<AttemptStarted>().Pid;

    public async ValueTask DisposeAsync()
    {
        Scheduler.Abandon();
        await Scheduler.StopAsync(CancellationToken.None);
        Scheduler.Dispose();
        _tooLate.Dispose();
        if (!_owns) return;
        KillWorkers(Data);
        _temp.Dispose();
    }

    /// <summary>Ends every worker that still lives.</summary>
    public static void KillWorkers(WebLab.Api.Store.DataDirectory data)
    {
        foreach (var folder in Directory.EnumerateDirectories(data.Runs))
        {
            var job = new JobFolder(folder);
            for (var n = 1; Directory.Exists(job.Attempt(n).Path); n++) WorkerProcess.Find(job.Attempt(n), job).Kill();
        }
    }
}

internal static class Sequences
{
    public static IEnumerable<(T, T)> Pairs<T>(this IEnumerable<T> items) => items.Zip(items.Skip(1));
}
