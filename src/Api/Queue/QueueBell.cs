namespace WebLab.Api.Queue;

/// <summary>Rings when the queue looks different: a run was queued, moved, started or ended. Listeners then read the queue.</summary>
public sealed class QueueBell
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next ring; take it before reading.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Ring() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
