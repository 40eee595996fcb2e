using WebLab.Api.Store.Entities;

namespace WebLab.Api.Queue;

/// <summary>What moves a run from one status to the next.</summary>
public enum Trigger { Queue, Claim, Start, Pause, Paused, Resume, Finish, Complete, Cancel, Cancelled, Lose, Requeue, Fail, Retry }

/// <summary>What a user may ask of a run.</summary>
public enum RunAction { Pause, Resume, Cancel, Kill, Retry }

/// <summary>What an action does: refused, or a wish with the triggers that follow at once.</summary>
/// <param name="Legal">False: the action makes no sense in this status.</param>
/// <param name="Desired">The wish to store; null when there is nothing to wish for any more.</param>
/// <param name="Triggers">Applied in order; empty when the worker has to act first, or the run is there already.</param>
public sealed record ActionPlan(bool Legal, DesiredState? Desired, IReadOnlyList<Trigger> Triggers)
{
    public static readonly ActionPlan Refused = new(false, null, []);
    public static readonly ActionPlan AlreadyThere = new(true, null, []);

    /// <summary>Only the wish changes, so that it outlives what the system does meanwhile.</summary>
    public static ActionPlan Wish(DesiredState desired) => new(true, desired, []);
}

/// <summary>The life of a run as a pure function: product reference 4.6.</summary>
public static class StateMachine
{
    /// <summary>The status after a trigger, or null where the trigger is not legal.</summary>
    public static RunStatus? Next(RunStatus from, Trigger trigger) => (trigger, from) switch
    {
        (Trigger.Queue, RunStatus.Draft) => RunStatus.Queued,
        (Trigger.Claim, RunStatus.Queued) => RunStatus.Starting,
        (Trigger.Start, RunStatus.Starting) => RunStatus.Running,
        (Trigger.Pause, RunStatus.Starting or RunStatus.Running) => RunStatus.Pausing,
        (Trigger.Pause, RunStatus.Queued or RunStatus.Lost) => RunStatus.Paused,
        (Trigger.Paused, RunStatus.Pausing) => RunStatus.Paused,
        (Trigger.Resume, RunStatus.Paused) => RunStatus.Queued,
        // a pause that came too late: the worker had finished
        (Trigger.Finish, RunStatus.Running or RunStatus.Pausing) => RunStatus.Finishing,
        (Trigger.Complete, RunStatus.Finishing) => RunStatus.Completed,
        (Trigger.Cancel, not RunStatus.Cancelling) when !IsTerminal(from) => RunStatus.Cancelling,
        (Trigger.Cancelled, RunStatus.Cancelling) => RunStatus.Cancelled,
        (Trigger.Lose, RunStatus.Starting or RunStatus.Running or RunStatus.Pausing or RunStatus.Finishing) => RunStatus.Lost,
        (Trigger.Requeue, RunStatus.Lost) => RunStatus.Queued,
        (Trigger.Fail, RunStatus.Starting or RunStatus.Running or RunStatus.Pausing or RunStatus.Finishing or RunStatus.Lost) => RunStatus.Failed,
        (Trigger.Retry, RunStatus.Failed) => RunStatus.Queued,
        _ => null,
    };

    /// <summary>Completed, cancelled or failed: nothing but a retry of a failed run follows.</summary>
    public static bool IsTerminal(RunStatus status) => status is RunStatus.Completed or RunStatus.Cancelled or RunStatus.Failed;

    /// <summary>Whether an attempt may be alive.</summary>
    public static bool HasWorker(RunStatus status) =>
        status is RunStatus.Starting or RunStatus.Running or RunStatus.Pausing or RunStatus.Finishing or RunStatus.Cancelling;

    /// <summary>What a user's action means in a status.</summary>
    public static ActionPlan Plan(RunStatus status, RunAction action) => action switch
    {
        RunAction.Pause => status switch
        {
            RunStatus.Pausing or RunStatus.Paused => ActionPlan.Wish(DesiredState.Pause), // the system may have paused it for a while
            RunStatus.Queued or RunStatus.Lost or RunStatus.Starting or RunStatus.Running => new(true, DesiredState.Pause, [Trigger.Pause]),
            _ => ActionPlan.Refused,
        },
        RunAction.Resume => status switch
        {
            RunStatus.Paused => new(true, DesiredState.Run, [Trigger.Resume]),
            // Pausing: queued again as soon as the worker has let go
            RunStatus.Pausing or RunStatus.Queued or RunStatus.Starting or RunStatus.Running or RunStatus.Lost => ActionPlan.Wish(DesiredState.Run),
            _ => ActionPlan.Refused,
        },
        RunAction.Cancel => status is RunStatus.Cancelling ? ActionPlan.AlreadyThere : Stop(status, DesiredState.Cancel),
        RunAction.Kill => status is RunStatus.Cancelling ? ActionPlan.Wish(DesiredState.Kill) : Stop(status, DesiredState.Kill),
        RunAction.Retry => status switch
        {
            RunStatus.Failed => new(true, DesiredState.Run, [Trigger.Retry]),
            RunStatus.Queued or RunStatus.Starting or RunStatus.Running => ActionPlan.AlreadyThere,
            _ => ActionPlan.Refused,
        },
        _ => ActionPlan.Refused,
    };

    /// <summary>Whether an action would do anything: it is legal, and it moves the run or changes what is wished of it.</summary>
    public static bool Matters(ActionPlan plan, DesiredState desired) =>
        plan is { Legal: true, Desired: { } wish } && (plan.Triggers.Count > 0 || wish != desired);

    /// <summary>Actions to offer: those that would do something.</summary>
    public static IReadOnlyList<RunAction> Offered(RunStatus status, DesiredState desired) =>
        [.. Enum.GetValues<RunAction>().Where(a => Matters(Plan(status, a), desired))];

    private static ActionPlan Stop(RunStatus status, DesiredState desired) => status switch
    {
        RunStatus.Cancelled => ActionPlan.AlreadyThere,
        RunStatus.Completed or RunStatus.Failed => ActionPlan.Refused,
        _ => new(true, desired, HasWorker(status) ? [Trigger.Cancel] : [Trigger.Cancel, Trigger.Cancelled]),
    };
}
