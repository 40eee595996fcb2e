using WebLab.Api.Http;
using WebLab.Api.Lab;
using WebLab.Web.Parts;

namespace WebLab.Web.Lab;

/// <summary>Plays boards for a page. The latest wins: a new one cancels the one before, and what stood is shown until there is something newer.</summary>
/// <param name="changed">Asks for a new look at the page.</param>
public sealed class BoardFollower(LabBoards boards, TimeProvider time, Action changed) : IDisposable
{
    // Answers that come sooner replace what stood in one go.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700), Look = TimeSpan.FromMilliseconds(120);

    private readonly CancellationTokenSource _gone = new();
    private readonly Dictionary<(int Picture, int Network), BoardStep> _steps = [];
    private int _turn;
    private string? _running;

    /// <summary>The board that is shown.</summary>
    public LabBoard? Shown { get; private set; }

    /// <summary>A newer one is under way.</summary>
    public bool Busy { get; private set; }

    /// <summary>Where the one under way stands, in words.</summary>
    public string Words { get; private set; } = "";

    /// <summary>Why there is none.</summary>
    public string? Refused { get; private set; }

    /// <summary>Seconds from the wish to the answer.</summary>
    public double? Answered { get; private set; }

    public IReadOnlyDictionary<(int Picture, int Network), BoardStep> Steps => _steps;

    /// <summary>Begins a board and follows it to its end.</summary>
    /// <returns>Its id; null when it was refused, or overtaken by a newer one.</returns>
    public async Task<string?> Play(Func<CancellationToken, Task<LabBoard>> begin, string userId)
    {
        var (mine, began) = (++_turn, time.GetTimestamp());
        (Busy, Refused, Words) = (true, null, "Making ready");
        changed();
        try
        {
            await Stop(userId);
            var board = await begin(_gone.Token);
            if (mine != _turn)
            {
                await boards.Cancel(board.Id, userId, _gone.Token);
                return null;
            }
            return await Watch(board.Id, userId, mine, began) ? board.Id : null;
        }
        catch (Refusal e)
        {
            if (mine == _turn) (Busy, Refused) = (false, e.Message);
            return null;
        }
        catch (OperationCanceledException)
        {
            return null; // the page was left
        }
        finally
        {
            changed();
        }
    }

    /// <summary>Shows a board that is there already.</summary>
    public void Show(LabBoard board) => (Shown, Busy) = (board, board.Status is BoardStatus.Queued or BoardStatus.Running);

    /// <summary>Follows a board that somebody else began.</summary>
    public async Task Follow(string id, string userId)
    {
        var (mine, began) = (++_turn, time.GetTimestamp());
        Busy = true;
        changed();
        try
        {
            await Watch(id, userId, mine, began);
        }
        catch (Refusal e)
        {
            Refuse(e.Message);
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
        changed();
    }

    /// <summary>Ends the board that is under way; what is done of it is shown.</summary>
    public async Task Stop(string userId)
    {
        if (_running is not { } id) return;
        _running = null;
        await boards.Cancel(id, userId, _gone.Token);
    }

    /// <summary>Shows nothing.</summary>
    public void Clear()
    {
        _turn++;
        (Shown, Refused, Answered, Busy) = (null, null, null, false);
    }

    public void Refuse(string words) => (Refused, Busy) = (words, false);

    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }

    private async Task<bool> Watch(string id, string userId, int mine, long began)
    {
        _running = id;
        _steps.Clear();
        var looked = began;
        await foreach (var news in boards.Watch(id, userId, _gone.Token))
        {
            if (mine != _turn) return false;
            if (news is { Type: BoardNews.Result, Data: LabBoard done })
            {
                (Shown, Busy, Answered, _running) = (done, false, time.GetElapsedTime(began).TotalSeconds, null);
                _steps.Clear();
                if (done.Status == BoardStatus.Failed) Refused = CellWords.Of(done);
                return true;
            }
            if (news.Data is BoardStep step) _steps[(step.Picture, step.Network)] = step;
            if (time.GetElapsedTime(looked) < Look) continue;
            looked = time.GetTimestamp();
            var now = await boards.Get(id, userId, _gone.Token);
            Words = CellWords.Of(now);
            if (Shown is null || Shown.Id == id || time.GetElapsedTime(began) > Patience) Shown = now;
            changed();
        }
        return false;
    }
}
