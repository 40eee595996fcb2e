using System.Text.Json;
using WebLab.Api.Queue;
using WebLab.Api.Tests.Store;
using WebLab.Engine.Jobs;
using Xunit;

namespace WebLab.Api.Tests.Queue;

public sealed class RunLogTests : IDisposable
{
    private const string Run = "01900000-0000-7000-8000-000000000001";
    private readonly TempData _temp = new();
    private readonly RunLog _log;

    public RunLogTests()
    {
        Directory.CreateDirectory(_temp.Data.Run(Run));
        _log = new RunLog(_temp.Data);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Events_are_numbered_from_one_without_gaps()
    {
        var end = LogEnd.Empty;
        for (var i = 0; i < 5; i++) (end, _) = _log.Append(Run, end, [Event(i), Event(i)]);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), _log.Read(Run, 0).Select(e => e.Seq));
        Assert.Equal(end, _log.End(Run));
    }

    [Fact]
    public void A_log_cut_at_any_byte_goes_on_without_gap_or_double()
    {
        var (whole, _) = _log.Append(Run, LogEnd.Empty, [Event(1), Event(2), Event(3)]);
        var path = new JobFolder(_temp.Data.Run(Run)).Events;
        var bytes = File.ReadAllBytes(path);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            File.WriteAllBytes(path, bytes[..cut]);
            var end = _log.End(Run);
            var left = _log.Read(Run, 0).Select(e => e.Data.GetInt32()).ToList();
            Assert.Equal(Enumerable.Range(1, left.Count), left);
            Assert.Equal(left.Count, end.OutboxEnd);
            _log.Append(Run, end, [.. Enumerable.Range(left.Count + 1, 3 - left.Count).Select(Event), Event(4)]);
            Assert.Equal([1, 2, 3, 4], _log.Read(Run, 0).Select(e => e.Data.GetInt32()));
            Assert.Equal([1L, 2, 3, 4], _log.Read(Run, 0).Select(e => e.Seq));
        }
        Assert.Equal(3, whole.Seq);
    }

    [Fact]
    public void Any_place_in_a_long_log_is_found()
    {
        var end = LogEnd.Empty;
        for (var i = 0; i < 40; i++) (end, _) = _log.Append(Run, end, [.. Enumerable.Range(0, 100).Select(n => Event(n, new string('x', n * 7)))]);
        Assert.True(new FileInfo(new JobFolder(_temp.Data.Run(Run)).Events).Length > 1 << 20);
        foreach (var after in (long[])[0, 1, 2, 99, 100, 777, 1999, 2000, 3998, 3999, 4000, 5000])
            Assert.Equal(after >= 4000 ? null : after + 1, _log.Read(Run, after, 1).FirstOrDefault()?.Seq);
        Assert.Equal(4000 - 1234, _log.Read(Run, 1234).Count);
    }

    [Fact]
    public void What_is_told_leaves_metrics_out_and_takes_in_what_came_since_it_was_last_asked_for()
    {
        var end = LogEnd.Empty;
        for (var i = 0; i < 3; i++)
        {
            (end, _) = _log.Append(Run, end, [Event(i), Event(i) with { Type = "metrics" }]);
            Assert.Equal(Enumerable.Range(0, i + 1), _log.Told(Run).Select(e => e.Data.GetInt32()));
            Assert.Equal(Enumerable.Range(0, i + 1).Select(k => 2L * k + 1), _log.Told(Run).Select(e => e.Seq));
            Assert.Equal(Enumerable.Range(1, i).Select(k => 2L * k + 1), _log.Told(Run, 1).Select(e => e.Seq));
            Assert.Equal(_log.Told(Run, 2).Select(e => e.Seq), new RunLog(_temp.Data).Told(Run, 2).Select(e => e.Seq));
        }
    }

    [Fact]
    public async Task Fifty_watchers_see_every_event_whenever_they_come_and_wherever_they_go_on()
    {
        const int Events = 400;
        var watchers = Enumerable.Range(0, 50).Select(async w =>
        {
            var seen = new List<long>();
            while (seen.Count < Events)
                await foreach (var e in _log.Watch(Run, seen.LastOrDefault(), Cancel))
                {
                    seen.Add(e.Seq);
                    if (seen.Count == Events || seen.Count % (w + 3) == 0) break; // drops, then returns with the last number it has
                }
            return seen;
        }).ToList();
        var end = LogEnd.Empty;
        for (var i = 0; i < Events; i++)
        {
            (end, _) = _log.Append(Run, end, [Event(i)]);
            _log.RingBell(Run);
            if (i % 7 == 0) await Task.Yield();
        }
        foreach (var seen in await Task.WhenAll(watchers)) Assert.Equal(Enumerable.Range(1, Events).Select(i => (long)i), seen);
    }

    [Fact]
    public async Task Of_progress_a_watcher_sees_the_newest()
    {
        _log.Show(Run, new RunEvent(0, default, 1, "stepProgress", JsonSerializer.SerializeToElement(1)));
        _log.Show(Run, new RunEvent(0, default, 1, "stepProgress", JsonSerializer.SerializeToElement(2)));
        await using var watch = _log.Watch(Run, 0, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(2, watch.Current.Data.GetInt32());
        var next = watch.MoveNextAsync();
        _log.Append(Run, LogEnd.Empty, [Event(5)]);
        _log.RingBell(Run);
        Assert.True(await next);
        Assert.Equal(1, watch.Current.Seq);
    }

    [Fact]
    public void An_event_is_shown_only_when_the_rows_hold_it()
    {
        var (end, _) = _log.Append(Run, LogEnd.Empty, [Event(1)]);
        _log.Hold(Run, end.Seq);
        _log.Append(Run, end, [Event(2)]);
        Assert.Equal([1L], _log.Read(Run, 0).Select(e => e.Seq));
        Assert.Equal([1L, 2], _log.ReadAll(Run, 0).Select(e => e.Seq));
        _log.Release(Run);
        Assert.Equal([1L, 2], _log.Read(Run, 0).Select(e => e.Seq));
    }

    [Fact]
    public void A_damaged_line_is_passed_over()
    {
        var path = new JobFolder(_temp.Data.Run(Run)).Events;
        _log.Append(Run, LogEnd.Empty, [Event(1)]);
        File.AppendAllText(path, "{\"seq\":oops}\n");
        _log.Append(Run, _log.End(Run), [Event(2)]);
        Assert.Equal([1L, 2], _log.Read(Run, 0).Select(e => e.Seq));
    }

    private static NewEvent Event(int n) => new(DateTimeOffset.UnixEpoch, 1, "log", JsonSerializer.SerializeToElement(n), n);

    private static NewEvent Event(int n, string text) => new(DateTimeOffset.UnixEpoch, 1, "log", JsonSerializer.SerializeToElement(new { n, text }), n);
}
