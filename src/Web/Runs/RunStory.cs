using WebLab.Api.Queue;
using WebLab.Engine.Jobs;
using WebLab.Engine.Training;
using WebLab.Web.Parts;

namespace WebLab.Web.Runs;

/// <summary>A line of a run's log.</summary>
/// <param name="Level"><c>info</c>, <c>warning</c>, <c>error</c>, or <c>status</c> for what the supervisor noted.</param>
public sealed record LogRow(long Seq, DateTimeOffset At, int Attempt, string Level, string Text);

/// <summary>What a page knows of a run: its events, taken in one by one, as lines, tables and lists. History and live news look alike.</summary>
/// <param name="plots">False: points of metrics are left to whoever reads them from the server's index.</param>
public sealed class RunStory(bool plots = true)
{
    /// <summary>Log lines that are held for the page; older ones are in the file.</summary>
    public const int MostLogLines = 2000;

    /// <summary>Metrics of this prefix and a place's name are strengths.</summary>
    public const string StrengthPrefix = "train.w.";

    private readonly Dictionary<string, ChartLine> _lines = [];
    private readonly List<LogRow> _log = [];

    /// <summary>Number of the last event taken in: where a reader goes on.</summary>
    public long Seq { get; private set; }

    /// <summary>Newest status in the words of the log; absent before the first change.</summary>
    public StatusChanged? Status { get; private set; }

    public StepProgress? Progress { get; private set; }

    /// <summary>The newest training loss that was heard of.</summary>
    public double? Loss { get; private set; }

    public ImportProgress? Import { get; private set; }

    public InspectionProgress? Inspection { get; private set; }

    /// <summary>When the worker was last heard of.</summary>
    public DateTimeOffset? HeardAt { get; private set; }

    public AttemptStarted? Attempt { get; private set; }

    public int AttemptNumber { get; private set; }

    public Failed? Failure { get; private set; }

    public List<EpochCompleted> Epochs { get; } = [];

    public List<ProbeCompleted> Probes { get; } = [];

    public List<(long Seq, SampleImages Images)> Galleries { get; } = [];

    public List<AttackResult> Attacks { get; } = [];

    /// <summary>The corruption that was tried last.</summary>
    public CorruptionResult? Corruption { get; private set; }

    /// <summary>The radius of a curve that was tried last.</summary>
    public CurveResult? Curve { get; private set; }

    /// <summary>Strengths by place and epoch, for methods that learn how strong to attack where.</summary>
    public List<ChartLine> Strengths { get; } = [];

    /// <summary>Clean accuracy of the probe by epoch.</summary>
    public ChartLine Clean { get; } = new("clean", Tones.Clean);

    /// <summary>Accuracy under the probe's attack by epoch, whatever the recipe calls that attack.</summary>
    public ChartLine Robust { get; } = new("robust", Tones.Robust);

    /// <summary>Whether the run loses robustness while it trains on, by its probes so far.</summary>
    public OverfitAlarm? Overfitting { get; private set; }

    public IReadOnlyList<LogRow> Log => _log;

    /// <summary>Lines by metric name; a name without points has none.</summary>
    public IReadOnlyDictionary<string, ChartLine> Lines => _lines;

    /// <summary>The line of a metric, made empty when it is not there yet, so that a chart can wait for it.</summary>
    public ChartLine Line(string metric, string name, int tone)
    {
        if (!_lines.TryGetValue(metric, out var line)) _lines[metric] = line = new ChartLine(name, tone);
        return line;
    }

    public void Take(RunEvent news)
    {
        if (news.Seq > 0)
        {
            if (news.Seq <= Seq) return;
            Seq = news.Seq;
        }

        HeardAt = news.At;
        switch (news.Type)
        {
            case "attemptStarted":
                Attempt = news.Read<AttemptStarted>();
                AttemptNumber = news.Attempt;
                Failure = null;
                // A resumed attempt repeats what came after its checkpoint; the log keeps both, the charts the newer one.
                Note(news, "status", $"Attempt {news.Attempt} on {Attempt.DeviceName}, {Attempt.Threads} threads, {Attempt.Precision}"
                    + (Attempt.ResumedFrom is { } from ? $", resumed from {from}" : ""));
                break;
            case "statusChanged":
                Status = news.Read<StatusChanged>();
                Note(news, "status", $"{Status.From} → {Status.To}" + (Status.Reason is { Length: > 0 } why ? $": {why}" : ""));
                break;
            case "stepProgress":
                Progress = news.Read<StepProgress>();
                break;
            case "importProgress":
                Import = news.Read<ImportProgress>();
                break;
            case "inspectionProgress":
                Inspection = news.Read<InspectionProgress>();
                break;
            case "metrics":
                var point = news.Read<MetricsPoint>();
                if (point.Values.TryGetValue("train.loss", out var loss)) Loss = loss;
                if (plots) Plot(point.Values, point.Step);
                break;
            case "epochCompleted":
                var epoch = news.Read<EpochCompleted>();
                if (epoch.Values.TryGetValue("train.loss", out var mean)) Loss = mean;
                Replace(Epochs, epoch, e => e.Epoch >= epoch.Epoch);
                foreach (var (metric, strength) in epoch.Values.Where(v => v.Key.StartsWith(StrengthPrefix, StringComparison.Ordinal)))
                    Strength(metric[StrengthPrefix.Length..]).Add(epoch.Epoch, strength);
                break;
            case "probeCompleted":
                var probe = news.Read<ProbeCompleted>();
                Replace(Probes, probe, p => p.Epoch >= probe.Epoch);
                if (probe.Values.TryGetValue("probe.clean", out var clean)) Clean.Add(probe.Epoch, clean);
                foreach (var (_, robust) in probe.Values.Where(v => v.Key.StartsWith("probe.", StringComparison.Ordinal) && v.Key != "probe.clean").Take(1)) Robust.Add(probe.Epoch, robust);
                Overfitting = Watchdog.Look([.. Probes.Select(Seen).OfType<ProbePoint>()]);
                break;
            case "sampleImages":
                var images = news.Read<SampleImages>();
                Galleries.RemoveAll(g => g.Images.Epoch >= images.Epoch);
                Galleries.Add((news.Seq, images));
                break;
            case "attackResult":
                var result = news.Read<AttackResult>();
                Replace(Attacks, result, a => a.Attack == result.Attack);
                break;
            case "corruptionResult":
                var corrupted = Corruption = news.Read<CorruptionResult>();
                if (corrupted.Done == corrupted.Total) Note(news, "info", $"{corrupted.Corruption}: {string.Join(", ", corrupted.Accuracies.Select(a => Format.Percent(a)))} at severities {string.Join(", ", corrupted.Severities)}");
                break;
            case "curveResult":
                var within = Curve = news.Read<CurveResult>();
                if (within.Done == within.Total) Note(news, "info", $"within {within.Radius}{(within.Audit ? ", afresh" : "")}: {Format.Percent(within.Accuracy)}");
                break;
            case "checkpointSaved":
                var saved = news.Read<CheckpointSaved>();
                Note(news, "info", $"Checkpoint {saved.Name}, {Format.Bytes(saved.Bytes)}" + (saved.Kept.Count > 0 ? $" ({string.Join(", ", saved.Kept)})" : ""));
                break;
            case "log":
                var line = news.Read<LogLine>();
                Note(news, line.Level, line.Text);
                break;
            case "finished":
                Note(news, "status", $"Worker ended: {news.Read<Finished>().Outcome}");
                break;
            case "failed":
                Failure = news.Read<Failed>();
                Note(news, "error", Failure.Message);
                break;
        }
    }

    // The probe beside what the epoch's training tells; null for a probe without an attack.
    private ProbePoint? Seen(ProbeCompleted probe)
    {
        if (!probe.Values.TryGetValue("probe.clean", out var clean)) return null;
        var robust = probe.Values.Where(v => v.Key.StartsWith("probe.", StringComparison.Ordinal) && v.Key != "probe.clean").Select(v => (double?)v.Value).FirstOrDefault();
        var trained = Epochs.FirstOrDefault(e => e.Epoch == probe.Epoch) is { } epoch && epoch.Values.TryGetValue("train.robustAccuracy", out var attacked) ? attacked : (double?)null;
        return robust is { } accuracy ? new ProbePoint(probe.Epoch, probe.Samples, clean, accuracy, trained) : null;
    }

    private ChartLine Strength(string place)
    {
        if (Strengths.Find(l => l.Name == place) is { } known) return known;
        Strengths.Add(new ChartLine(place, Strengths.Count));
        return Strengths[^1];
    }

    private static void Replace<T>(List<T> list, T item, Predicate<T> old)
    {
        list.RemoveAll(old);
        list.Add(item);
    }

    private void Note(RunEvent news, string level, string text)
    {
        if (_log.Count >= MostLogLines) _log.RemoveRange(0, MostLogLines / 10);
        _log.Add(new LogRow(news.Seq, news.At, news.Attempt, level, text));
    }

    private void Plot(IEnumerable<KeyValuePair<string, double>> values, double x)
    {
        foreach (var (metric, y) in values.Where(v => double.IsFinite(v.Value)))
            Line(metric, metric, Tones.Other).Add(x, y);
    }
}
