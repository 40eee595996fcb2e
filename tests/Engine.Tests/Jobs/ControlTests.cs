using WebLab.Engine.Jobs;

namespace WebLab.Engine.Tests.Jobs;

public sealed class ControlTests : IDisposable
{
    private readonly TempFolder temp = new();
    private AttemptFolder Attempt => new JobFolder(temp.Path).Attempt(3);

    public void Dispose() => temp.Dispose();

    [Fact]
    public void The_first_beat_is_there_at_once_and_names_the_fence()
    {
        using var control = new Control(Attempt, TimeProvider.System);
        var beat = Beat.Read(Attempt)!;
        Assert.Equal(3, beat.Fence);
        Assert.Equal(Environment.ProcessId, beat.Pid);
    }

    [Fact]
    public void Cancel_strikes_between_two_steps_of_one_batch()
    {
        using var control = new Control(Attempt, TimeProvider.System);
        control.Step();
        Command.Cancel.Send(Attempt);
        Assert.Throws<JobCancelled>((Action)(() =>
        {
            while (true) control.Step();
        }));
        Assert.Equal(Wish.Cancel, control.Wish);
    }

    [Fact]
    public void Pause_does_not_interrupt_a_step_and_does_not_take_back_a_cancel()
    {
        using var control = new Control(Attempt, TimeProvider.System);
        Command.Pause.Send(Attempt);
        SpinWait.SpinUntil(() => control.Wish == Wish.Pause);
        control.Step();
        Command.Cancel.Send(Attempt);
        SpinWait.SpinUntil(() => control.Wish == Wish.Cancel);
        Command.Pause.Send(Attempt);
        Assert.Throws<JobCancelled>(control.Step);
    }

    [Fact]
    public void A_cancel_ends_a_rest()
    {
        using var control = new Control(Attempt, TimeProvider.System);
        Command.Yield(60).Send(Attempt);
        Command.Cancel.Send(Attempt);
        Assert.Throws<JobCancelled>((Action)(() =>
        {
            while (true) control.Step();
        }));
    }

    [Fact]
    public void The_last_beat_tells_how_far_the_work_came()
    {
        using (var control = new Control(Attempt, TimeProvider.System))
        {
            for (var i = 0; i < 7; i++) control.Step();
        }
        Assert.Equal(7, Beat.Read(Attempt)!.Step);
    }

    [Fact]
    public void A_command_reads_back_as_it_was_sent()
    {
        Command.Yield(2.5).Send(Attempt);
        var line = Assert.Single(LineTail.Read(Attempt.Control, 0));
        Assert.Equal(Command.Yield(2.5), Command.Parse(line.Bytes.Span));
        Assert.Null(Command.Parse("{}"u8));
    }
}
