using WebLab.Api.Queue;

namespace WebLab.Web.Runs;

/// <summary>
/// Follows a run for a page: every event is taken into the story as it comes; the page is drawn at most four times a second. Made and
/// ended on the page's own thread.
/// </summary>
public sealed class Follower : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _gone = new();
    private readonly TimeProvider _time;
    private readonly Func<bool, Task> _draw;
    private bool _flushing;
    private bool _rowStale;

    /// <param name="log">Where news come from.</param>
    /// <param name="runId">The run.</param>
    /// <param name="story">Takes the news in; what it knows already is not read again.</param>
    /// <param name="time">For the beat.</param>
    /// <param name="draw">Draws the page; told whether the run's row may have changed too.</param>
    public Follower(RunLog log, string runId, RunStory story, TimeProvider time, Func<bool, Task> draw)
    {
        (_time, _draw) = (time, draw);
        _ = Follow(log, runId, story);
    }

    public void Dispose() => _gone.Cancel();

    private async Task Follow(RunLog log, string runId, RunStory story)
    {
        try
        {
            await foreach (var news in log.Watch(runId, story.Seq, _gone.Token))
            {
                story.Take(news);
                _rowStale |= news.Seq > 0 && news.Type is not ("metrics" or "log");
                if (_flushing) continue;
                _flushing = true;
                _ = Flush();
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left, or shows another run.
        }
    }

    private async Task Flush()
    {
        try
        {
            await Task.Delay(Beat, _time, _gone.Token);
            _flushing = false;
            var stale = _rowStale;
            _rowStale = false;
            await _draw(stale);
        }
        catch (OperationCanceledException)
        {
            _flushing = false;
        }
    }
}
