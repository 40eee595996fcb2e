using Microsoft.EntityFrameworkCore;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Queue;

/// <summary>How a queued run gets its next attempt.</summary>
internal static class Claims
{
    /// <summary>How long a worker may be silent before it counts as lost.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>True when this caller, and no other, has the run now. Imports and compute jobs have slots of their own.</summary>
    public static bool TryClaim(LabContext context, string runId, string owner, int slots, DateTimeOffset now)
    {
        var nowMs = now.ToUnixTimeMilliseconds();
        var until = (now + Lease).ToUnixTimeMilliseconds();
        return context.Database.ExecuteSqlInterpolated($"""
            UPDATE Runs SET Status = 'Starting', AttemptCount = AttemptCount + 1, LeaseOwner = {owner}, LeaseUntil = {until}, NotBefore = NULL
            WHERE Id = {runId} AND Status = 'Queued' AND Desired = 'Run' AND TrashedAt IS NULL AND (NotBefore IS NULL OR NotBefore <= {nowMs})
              AND (SELECT COUNT(*) FROM Runs AS busy
                   WHERE busy.Status IN ('Starting', 'Running', 'Pausing', 'Finishing', 'Cancelling')
                     AND (busy.Kind = 'Import') = (Runs.Kind = 'Import')) < {slots}
            """) == 1;
    }

    /// <summary>Runs that may start now, first things first.</summary>
    public static IQueryable<Run> Waiting(LabContext context, DateTimeOffset now) => context.Runs
        .Where(r => r.Status == RunStatus.Queued && r.Desired == DesiredState.Run && r.TrashedAt == null && (r.NotBefore == null || r.NotBefore <= now))
        .OrderByDescending(r => r.Priority).ThenBy(r => r.QueuePosition).ThenBy(r => r.Id);
}
