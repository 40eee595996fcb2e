using System.Runtime.CompilerServices;

namespace WebLab.Api.Lab;

/// <summary>What a board tells of while it is played: <c>progress</c>, <c>attackStep</c>, and <c>result</c> at its end.</summary>
public sealed record BoardNews(string Type, object Data)
{
    public const string Progress = "progress", Step = "attackStep", Result = "result";
}

/// <summary>How far a board is.</summary>
/// <param name="Position">Place in the queue of the lab worker, from 1; absent when it is not waiting.</param>
public sealed record BoardProgress(BoardStatus Status, int? Position, double? WaitSeconds, int Done, int Total);

/// <summary>
/// A board while it is played. Whoever watches gets the newest state and of every cell the newest step: the slow miss steps and keep nobody
/// waiting.
/// </summary>
internal sealed class LiveBoard(LabBoard view, string userId)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Picture, int Network), (int At, BoardStep Step)> _steps = [];
    private TaskCompletionSource _bell = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LabBoard _view = view;
    private int _version = 1;
    private int _changed = 1;

    public string UserId { get; } = userId;

    public CancellationTokenSource Stop { get; } = new();

    public LabBoard View
    {
        get
        {
            lock (_lock) return _view;
        }
    }

    public void Change(Func<LabBoard, LabBoard> change)
    {
        lock (_lock)
        {
            _view = change(_view);
            _changed = ++_version;
            Ring();
        }
    }

    public void Tell(BoardStep step)
    {
        lock (_lock)
        {
            _steps[(step.Picture, step.Network)] = (++_version, step);
            Ring();
        }
    }

    public async IAsyncEnumerable<BoardNews> Watch([EnumeratorCancellation] CancellationToken cancel)
    {
        var seen = 0;
        while (true)
        {
            Task bell;
            LabBoard now;
            var news = new List<BoardNews>();
            lock (_lock)
            {
                (bell, now) = (_bell.Task, _view);
                news.AddRange(_steps.Values.Where(s => s.At > seen).OrderBy(s => s.At).Select(s => new BoardNews(BoardNews.Step, s.Step)));
                if (_changed > seen) news.Add(new BoardNews(BoardNews.Progress, new BoardProgress(now.Status, now.Position, now.WaitSeconds, now.Done, now.Total)));
                seen = _version;
            }
            foreach (var one in news) yield return one;
            if (now.Status is not (BoardStatus.Queued or BoardStatus.Running))
            {
                yield return new BoardNews(BoardNews.Result, now);
                yield break;
            }
            await bell.WaitAsync(cancel);
        }
    }

    private void Ring()
    {
        _bell.TrySetResult();
        _bell = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
