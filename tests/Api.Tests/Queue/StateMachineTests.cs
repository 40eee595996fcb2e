using FsCheck;
using FsCheck.Fluent;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;
using Xunit;

namespace WebLab.Api.Tests.Queue;

public sealed class StateMachineTests
{
    private static readonly RunStatus[] Statuses = Enum.GetValues<RunStatus>();
    private static readonly Trigger[] Triggers = Enum.GetValues<Trigger>();

    [Fact]
    public void A_terminal_status_is_left_only_by_the_retry_of_a_failed_run()
    {
        foreach (var status in Statuses.Where(StateMachine.IsTerminal))
            foreach (var trigger in Triggers)
                Assert.Equal(status == RunStatus.Failed && trigger == Trigger.Retry ? RunStatus.Queued : null, StateMachine.Next(status, trigger));
    }

    [Fact]
    public void Every_move_changes_the_status() =>
        Assert.All(from s in Statuses from t in Triggers where StateMachine.Next(s, t) is not null select (s, t), m => Assert.NotEqual(m.s, StateMachine.Next(m.s, m.t)));

    [Fact]
    public void Only_a_claim_brings_a_worker_to_a_run() =>
        Assert.All(from s in Statuses from t in Triggers let n = StateMachine.Next(s, t) where n is { } next && !StateMachine.HasWorker(s) && StateMachine.HasWorker(next) select (s, t),
            m => Assert.True(m.t == Trigger.Claim || (m.t == Trigger.Cancel && StateMachine.Next(RunStatus.Cancelling, Trigger.Cancelled) == RunStatus.Cancelled)));

    [Fact]
    public void What_a_user_is_offered_is_never_refused_and_its_triggers_are_legal()
    {
        foreach (var status in Statuses)
            foreach (var desired in Enum.GetValues<DesiredState>())
                foreach (var action in StateMachine.Offered(status, desired))
                {
                    var at = status;
                    foreach (var trigger in StateMachine.Plan(status, action).Triggers)
                        at = Assert.NotNull(StateMachine.Next(at, trigger));
                }
    }

    [Fact]
    public void Every_run_that_is_not_over_can_be_cancelled_and_killed() =>
        Assert.All(Statuses.Where(s => !StateMachine.IsTerminal(s)), s =>
        {
            Assert.Contains(RunAction.Kill, StateMachine.Offered(s, DesiredState.Run));
            if (s != RunStatus.Cancelling) Assert.Contains(RunAction.Cancel, StateMachine.Offered(s, DesiredState.Run));
        });

    [Fact]
    public void What_would_change_nothing_is_not_offered()
    {
        Assert.Equal([RunAction.Pause, RunAction.Cancel, RunAction.Kill], StateMachine.Offered(RunStatus.Running, DesiredState.Run));
        Assert.Equal([RunAction.Resume, RunAction.Cancel, RunAction.Kill], StateMachine.Offered(RunStatus.Paused, DesiredState.Pause));
        Assert.Equal([RunAction.Resume, RunAction.Cancel, RunAction.Kill], StateMachine.Offered(RunStatus.Pausing, DesiredState.Pause));
        Assert.Equal([RunAction.Retry], StateMachine.Offered(RunStatus.Failed, DesiredState.Run));
        Assert.Empty(StateMachine.Offered(RunStatus.Completed, DesiredState.Run));
        Assert.Empty(StateMachine.Offered(RunStatus.Cancelled, DesiredState.Cancel));
    }

    [Fact]
    public void No_course_of_triggers_and_clicks_leaves_the_rails() => Prop.ForAll((int[] choices) =>
    {
        var (status, desired, claims, ends) = (RunStatus.Draft, DesiredState.Run, 0, 0);
        foreach (var choice in choices.Select(c => Math.Abs((long)c)))
        {
            var before = status;
            if (choice % 3 == 0)
            {
                var plan = StateMachine.Plan(status, (RunAction)(choice / 3 % 5));
                if (!plan.Legal) continue;
                desired = plan.Desired ?? desired;
                foreach (var trigger in plan.Triggers) Step(trigger);
            }
            else Step(Triggers[choice / 3 % Triggers.Length]);
            if (StateMachine.IsTerminal(before) && status != before && !(before == RunStatus.Failed && status == RunStatus.Queued)) return false;
        }
        return claims - ends is 0 or 1; // at most one live attempt

        void Step(Trigger trigger)
        {
            if (StateMachine.Next(status, trigger) is not { } next) return;
            if (trigger == Trigger.Claim) claims++;
            if (StateMachine.HasWorker(status) && !StateMachine.HasWorker(next) && claims > ends) ends++;
            status = next;
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
