using System.Globalization;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Accounts;
using WebLab.Api.Queue;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Api.Webhooks;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Notices;

/// <summary>
/// Turns events of runs into notices and webhook deliveries. It listens beside the queue: what it does takes nothing from runs, and ends
/// of runs that it missed while the server was down are made up for at the next start.
/// </summary>
public sealed class NewsDesk(Journal journal, RunLog log, LabStore store, NoticeBell bell, WebhookBell hooks, Ids ids, TimeProvider time, ILogger<NewsDesk> logger) : BackgroundService
{
    private const string SeenKey = "notices.seen";
    private readonly Channel<(Run Run, RunEvent Event)> _heard = Channel.CreateUnbounded<(Run, RunEvent)>(new() { SingleReader = true });
    private readonly Dictionary<string, List<ProbeCompleted>> _probes = [];

    public override Task StartAsync(CancellationToken cancel)
    {
        journal.Recorded += Hear;
        return base.StartAsync(cancel);
    }

    public override Task StopAsync(CancellationToken cancel)
    {
        journal.Recorded -= Hear;
        return base.StopAsync(cancel);
    }

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        await Try(() => MakeUp(stopping), stopping);
        await foreach (var (run, e) in _heard.Reader.ReadAllAsync(stopping))
            await Try(() => Handle(run, e, stopping), stopping);
    }

    private void Hear(Run run, IReadOnlyList<RunEvent> events)
    {
        foreach (var e in events.Where(e => e.Type is StatusChanged.Type or "probeCompleted" or "epochCompleted")) _heard.Writer.TryWrite((run, e));
    }

    private async Task Try(Func<Task> work, CancellationToken stopping)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            logger.LogError(e, "News of a run could not be told");
        }
    }

    private async Task Handle(Run run, RunEvent e, CancellationToken cancel)
    {
        if (e.Type == StatusChanged.Type)
        {
            if (StateMachine.IsTerminal(run.Status)) _probes.Remove(run.Id);
            if (News.Of(run, e.Read<StatusChanged>()) is { } news) await Tell(run, news, e.At, cancel);
        }
        else if (run.Kind == RunKind.Train && e.Type == "epochCompleted")
        {
            await Measure(run, e.Read<EpochCompleted>().Epoch, e.Read<EpochCompleted>().Values, e.At, cancel);
        }
        else if (run.Kind == RunKind.Train)
        {
            await Measure(run, e.Read<ProbeCompleted>().Epoch, e.Read<ProbeCompleted>().Values, e.At, cancel);
            if (News.Of(run, Probes(run.Id, e)) is { } alarm) await Tell(run, alarm, e.At, cancel);
        }
    }

    // The log is read once, for a run that was at work before this server; a resumed attempt tells some epochs again.
    private List<ProbeCompleted> Probes(string runId, RunEvent newest)
    {
        var probe = newest.Read<ProbeCompleted>();
        if (!_probes.TryGetValue(runId, out var probes))
            _probes[runId] = probes = [.. log.Read(runId, 0).Where(e => e.Type == newest.Type && e.Seq < newest.Seq).Select(e => e.Read<ProbeCompleted>())];
        probes.RemoveAll(p => p.Epoch >= probe.Epoch);
        probes.Add(probe);
        return probes;
    }

    // People name thresholds in their preferences, programs in their webhooks.
    private async Task Measure(Run run, int epoch, IReadOnlyDictionary<string, double> values, DateTimeOffset at, CancellationToken cancel)
    {
        await using var read = store.Read();
        var chosen = await read.Users.Where(u => u.DisabledAt == null).Select(u => u.PreferencesJson).ToListAsync(cancel);
        var asked = await read.Webhooks.Where(w => w.Enabled).Select(w => w.EventList).ToListAsync(cancel);
        foreach (var threshold in chosen.SelectMany(p => Preferences.Read(p).Thresholds).Concat(asked.SelectMany(WebhookEvents.Thresholds)).Distinct())
            if (values.TryGetValue(threshold.Metric, out var value) && threshold.IsReachedBy(value))
                await Tell(run, News.Of(run, threshold, value, epoch), at, cancel);
    }

    private async Task Tell(Run run, News news, DateTimeOffset at, CancellationToken cancel)
    {
        var told = await store.WriteWhenFree(rows =>
        {
            // Told before, by this server or its forerunner: a threshold and the watchdog count once per run, anything else once per event.
            var since = news.Kind is NoticeKind.Threshold or NoticeKind.Watchdog ? DateTimeOffset.UnixEpoch : at;
            var count = Notify(rows, run, news, since) + Send(rows, run, news, at, since);
            See(rows, at);
            return count;
        }, cancel);
        if (told == 0) return;
        bell.Ring();
        hooks.Ring();
    }

    private int Notify(LabContext rows, Run run, News news, DateTimeOffset since)
    {
        var count = 0;
        foreach (var user in rows.Users.Where(u => u.DisabledAt == null).ToList())
        {
            var wants = Preferences.Read(user.PreferencesJson);
            if (!wants.Notices.Contains(news.Kind) || (news.Threshold is { } threshold && !wants.Thresholds.Contains(threshold))) continue;
            if (rows.Notifications.Any(n => n.UserId == user.Id && n.RunId == run.Id && n.Title == news.Title && n.CreatedAt >= since)) continue;
            rows.Notifications.Add(new Notification
            {
                Id = ids.Next(), UserId = user.Id, Kind = news.Kind.ToString().ToLowerInvariant(), Title = news.Title, Text = news.Text, RunId = run.Id,
                Link = run.Kind == RunKind.Evaluate ? $"evaluations/{run.Id}" : $"runs/{run.Id}", CreatedAt = time.GetUtcNow(),
            });
            count++;
        }
        return count;
    }

    private int Send(LabContext rows, Run run, News news, DateTimeOffset at, DateTimeOffset since)
    {
        var count = 0;
        foreach (var hook in rows.Webhooks.Where(w => w.Enabled).AsEnumerable().Where(w => WebhookEvents.Wants(w.EventList, news)).ToList())
        {
            if (rows.WebhookDeliveries.Where(d => d.WebhookId == hook.Id && d.Event == news.Event && d.CreatedAt >= since && d.BodyJson.Contains(run.Id)).AsEnumerable()
                .Any(d => WebhookBody.TitleOf(d.BodyJson) == news.Title)) continue;
            rows.WebhookDeliveries.Add(WebhookBody.Delivery(ids.Next(), hook.Id, run, news, at, time.GetUtcNow()));
            count++;
        }
        return count;
    }

    // Ends that came while nobody listened: between a run's last event and the crash of the server, or while it was down.
    private async Task MakeUp(CancellationToken cancel)
    {
        await using var read = store.Read();
        if (read.Settings.Find(SeenKey) is not { } row)
        {
            await store.WriteWhenFree(rows => See(rows, time.GetUtcNow()), cancel);
            return;
        }
        var seen = DateTimeOffset.Parse(row.Value, CultureInfo.InvariantCulture);
        foreach (var run in await read.Runs.Where(r => r.FinishedAt > seen && (r.Status == RunStatus.Completed || r.Status == RunStatus.Failed)).OrderBy(r => r.FinishedAt).ToListAsync(cancel))
            if (News.Of(run, new StatusChanged("", Journal.Word(run.Status), run.StatusReason, run.FailureCode, run.FailureMessage)) is { } news)
                await Tell(run, news, run.FinishedAt!.Value, cancel);
    }

    private static bool See(LabContext rows, DateTimeOffset at)
    {
        var text = at.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
        if (rows.Settings.Find(SeenKey) is not { } row) rows.Settings.Add(new Setting { Key = SeenKey, Value = text });
        else if (string.CompareOrdinal(row.Value, text) < 0) row.Value = text;
        return true;
    }
}
