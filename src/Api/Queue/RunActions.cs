using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using WebLab.Api.Http;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>What came of an action.</summary>
/// <param name="Accepted">False when the run was already where the action leads.</param>
public sealed record ActionResult(string Id, string Status, string Desired, bool Accepted);

/// <summary>What users do to runs. A wish is stored at once, whatever the worker does at that moment.</summary>
public sealed class RunActions(Journal journal, LabStore store, DataDirectory data)
{
    /// <summary>Pauses, resumes, cancels, kills or retries.</summary>
    /// <exception cref="Refusal">404, or 409 <c>invalid-transition</c> with the actions that are legal.</exception>
    public async Task<ActionResult> Do(string runId, RunAction action, string? reason, CancellationToken cancel)
    {
        var before = await Find(runId, cancel);
        Run? seen = null;
        var after = await journal.Move(runId, run =>
        {
            seen = run;
            var plan = StateMachine.Plan(run.Status, action);
            if (!StateMachine.Matters(plan, run.Desired)) return null;
            return new Decision(plan.Triggers, new StatusChanged("", "", reason ?? "by a user"), row => (row.Desired, row.DesiredReason) = (plan.Desired!.Value, reason));
        }, cancel);
        var now = after ?? seen ?? before;
        if (after is null && !StateMachine.Plan(now.Status, action).Legal)
            throw Refusal.InvalidTransition($"a run that is {Journal.Word(now.Status)} cannot {Word(action)}", StateMachine.Offered(now.Status, now.Desired).Select(Word));
        return new ActionResult(runId, Journal.Word(now.Status), Word(now.Desired), after is not null);
    }

    /// <summary>Asks every worker to rest for some seconds, so that an interactive attack answers at once.</summary>
    /// <returns>How many were asked.</returns>
    public async Task<int> Yield(double seconds, CancellationToken cancel)
    {
        await using var read = store.Read();
        var working = await read.Runs.Where(r => r.Status == RunStatus.Running && r.Kind != RunKind.Import).Select(r => new { r.Id, r.AttemptCount }).ToListAsync(cancel);
        foreach (var run in working) Command.Yield(seconds).Send(new JobFolder(data.Run(run.Id)).Attempt(run.AttemptCount));
        return working.Count;
    }

    private async Task<Run> Find(string runId, CancellationToken cancel)
    {
        await using var read = store.Read();
        return await read.Runs.SingleOrDefaultAsync(r => r.Id == runId, cancel) ?? throw Refusal.NotFound("run", runId);
    }

    internal static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
