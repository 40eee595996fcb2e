using Microsoft.EntityFrameworkCore;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Webhooks;

/// <summary>Rings when a delivery may be due.</summary>
public sealed class WebhookBell
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next ring; take it before reading.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Ring() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}

/// <summary>
/// Delivers what is due, a few at a time and away from the queue of runs. What does not get through is tried again after 10 s, then after
/// ever longer waits up to 4 h, for 24 h; then it is given up and stands as a dead letter.
/// </summary>
public sealed class WebhookCourier(LabStore store, WebhookPost post, WebhookBell bell, TimeProvider time, ILogger<WebhookCourier> logger) : BackgroundService
{
    public static readonly TimeSpan GivenUpAfter = TimeSpan.FromHours(24);
    private const int AtOnce = 4, MaxError = 300;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromHours(4);

    /// <summary>The wait after a number of tries: 10 s, 30 s, 90 s, … at most 4 h.</summary>
    public static TimeSpan Wait(int attempts) => attempts > 10 ? Longest : TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, 10 * Math.Pow(3, attempts - 1)));

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var rung = bell.Next;
            try
            {
                await Parallel.ForEachAsync(await Due(stopping), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stopping }, async (d, c) => await Try(d.Hook, d.Delivery, c));
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                logger.LogError(e, "Webhooks could not be served; trying again");
            }
            await Task.WhenAny(rung, Task.Delay(Look, time, stopping));
        }
    }

    /// <summary>Tries one delivery now and keeps what came of it.</summary>
    public async Task<WebhookDelivery> Try(Webhook hook, WebhookDelivery delivery, CancellationToken cancel)
    {
        var result = await post.Send(hook, delivery, cancel);
        var now = time.GetUtcNow();
        return await store.WriteWhenFree(rows =>
        {
            // Deleted meanwhile, with its webhook.
            if (rows.WebhookDeliveries.Find(delivery.Id) is not { } row) return delivery;
            row.Attempt++;
            (row.LastStatus, row.LastError) = (result.Status, result.Error is { Length: > MaxError } long_ ? long_[..MaxError] : result.Error);
            var next = now + Wait(row.Attempt);
            row.DeliveredAt = result.Error is null ? now : null;
            row.NextAt = result.Error is null || next - row.CreatedAt > GivenUpAfter || row.Event == WebhookEvents.Test ? null : next;
            if (rows.Webhooks.Find(hook.Id) is { } kept) kept.FailingSince = result.Error is null ? null : kept.FailingSince ?? now;
            return row;
        }, cancel);
    }

    private async Task<IReadOnlyList<(Webhook Hook, WebhookDelivery Delivery)>> Due(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await using var read = store.Read();
        var due = await read.WebhookDeliveries.Where(d => d.NextAt <= now).Join(read.Webhooks.Where(w => w.Enabled), d => d.WebhookId, w => w.Id, (d, w) => new { d, w })
            .OrderBy(x => x.d.NextAt).Take(50).ToListAsync(cancel);
        return [.. due.Select(x => (x.w, x.d))];
    }
}
