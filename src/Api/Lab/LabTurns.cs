namespace WebLab.Api.Lab;

/// <summary>Whose turn it is at the one lab worker: first come, first served, and everybody who waits knows the place.</summary>
public sealed class LabTurns
{
    private readonly LinkedList<Waiter> _waiting = [];
    private bool _taken;

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_waiting) return _waiting.Count;
        }
    }

    /// <summary>Waits for a turn; it ends when what is returned is disposed.</summary>
    /// <param name="onPlace">Told the place among those who wait, from 1, and each time it changes; must return at once.</param>
    public async Task<IDisposable> Take(Action<int>? onPlace, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var waiter = new Waiter(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), onPlace);
        lock (_waiting)
        {
            if (!_taken)
            {
                _taken = true;
                return new Turn(this);
            }
            _waiting.AddLast(waiter);
            onPlace?.Invoke(_waiting.Count);
        }
        await using var leaving = cancel.Register(() => Leave(waiter));
        await waiter.Called.Task.WaitAsync(CancellationToken.None);
        return new Turn(this);
    }

    private void Leave(Waiter waiter)
    {
        lock (_waiting)
        {
            if (!_waiting.Remove(waiter)) return;
            TellPlaces();
        }
        waiter.Called.TrySetCanceled();
    }

    private void Next()
    {
        lock (_waiting)
        {
            if (_waiting.First is not { } first)
            {
                _taken = false;
                return;
            }
            _waiting.RemoveFirst();
            TellPlaces();
            first.Value.Called.TrySetResult();
        }
    }

    private void TellPlaces()
    {
        var place = 0;
        foreach (var waiter in _waiting) waiter.OnPlace?.Invoke(++place);
    }

    private sealed record Waiter(TaskCompletionSource Called, Action<int>? OnPlace);

    private sealed class Turn(LabTurns turns) : IDisposable
    {
        private int _over;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _over, 1) == 0) turns.Next();
        }
    }
}
