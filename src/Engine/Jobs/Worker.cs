using System.Runtime.InteropServices;

namespace WebLab.Engine.Jobs;

/// <summary>Runs one attempt from <c>job.json</c> to the exit code: every way to end leaves an event and a code.</summary>
public static class Worker
{
    /// <param name="folder">The job's folder.</param>
    /// <param name="attempt">1, 2, ...; above every earlier one.</param>
    /// <param name="kinds">The body of each kind of job.</param>
    /// <param name="time">The clock.</param>
    /// <param name="bell">Called after each event is written.</param>
    /// <param name="errors">What a person reads when all else fails.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(JobFolder folder, int attempt, IReadOnlyDictionary<string, Func<Job, JobEnd>> kinds,
        TimeProvider time, Action<EventData>? bell, TextWriter errors)
    {
        try
        {
            var own = folder.Attempt(attempt);
            using var outbox = new Outbox(own, time, bell);
            return Attempt(folder, own, kinds, time, outbox, errors);
        }
        catch (Exception e)
        {
            return Report(JobFailure.From(e), errors);
        }
    }

    private static int Attempt(JobFolder folder, AttemptFolder attempt, IReadOnlyDictionary<string, Func<Job, JobEnd>> kinds,
        TimeProvider time, Outbox outbox, TextWriter errors)
    {
        using var control = new Control(attempt, time);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Pause);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Pause);
        try
        {
            var spec = JobSpec.Read(folder);
            using var root = DataRoot.Enter(spec.Data);
            var body = kinds.GetValueOrDefault(spec.Kind) ?? throw new JobFailure(FailureCode.BadRecipe,
                $"{folder.Spec}: kind '{spec.Kind}' is unknown; wanted one of {string.Join(", ", kinds.Keys)}");
            var end = body(new Job(folder, spec, attempt, outbox, control, time));
            outbox.Append(new Finished(end.Outcome, end.Values));
        }
        catch (JobCancelled)
        {
            outbox.Append(new Finished("cancelled", new Dictionary<string, double>()));
        }
        catch (Exception e)
        {
            var failure = JobFailure.From(e);
            Tell(outbox, failure);
            return Report(failure, errors);
        }
        return ExitCode.Done;

        // A signal from outside asks for what the server would ask for: save and go.
        void Pause(PosixSignalContext signal)
        {
            signal.Cancel = true;
            control.Ask(Command.Pause);
        }
    }

    // When the disk is full the event does not get out either; the exit code still tells.
    private static void Tell(Outbox outbox, JobFailure failure)
    {
        try
        {
            outbox.Append(new Failed(failure.Code, failure.Message, failure.Suggestion));
        }
        catch (IOException)
        {
        }
    }

    private static int Report(JobFailure failure, TextWriter errors)
    {
        errors.WriteLine($"{failure.Code}: {failure.Message}");
        if (failure.Suggestion is not null) errors.WriteLine(failure.Suggestion);
        if (failure.Code == FailureCode.Unknown) errors.WriteLine(failure.InnerException);
        return ExitCode.Of(failure.Code);
    }
}
