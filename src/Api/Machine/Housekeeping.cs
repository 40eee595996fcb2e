using WebLab.Api.Datasets;
using WebLab.Api.Lab;
using WebLab.Api.Store;

namespace WebLab.Api.Machine;

/// <summary>Throws away what has expired: lab results, unfinished uploads, replies kept for idempotency keys, and what the retention policy lets go.</summary>
internal sealed class Housekeeping(LabSessions lab, UploadService uploads, Retention retention, LabStore store, TimeProvider time, ILogger<Housekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await lab.Sweep(stopping);
                await uploads.Sweep(stopping);
                await retention.Sweep(stopping);
                var now = time.GetUtcNow();
                await store.Write(c => c.IdempotencyRecords.RemoveRange(c.IdempotencyRecords.Where(r => r.ExpiresAt < now)), stopping);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                log.LogError(e, "What has expired could not be thrown away; trying again in {Every}", Every);
            }
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }
}
