using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>
/// Whether a worker lives and gets on, by its beats. Time is the server's monotonic clock: a beat counts when its content changes,
/// so that jumps of the wall clock end no run.
/// </summary>
internal sealed class Pulse(QueueOptions options, TimeProvider time, bool expectsSteps)
{
    private const int Remembered = 31;
    private readonly long _since = time.GetTimestamp();
    private readonly Queue<double> _stepSeconds = new();
    private Beat? _last;
    private long _heardAt = time.GetTimestamp(), _steppedAt = time.GetTimestamp();

    /// <summary>Takes the newest beat in; true when it is a new one.</summary>
    public bool Hear(Beat? beat)
    {
        if (beat is null || beat == _last) return false;
        if (_last is not null && beat.Step > _last.Step)
        {
            _stepSeconds.Enqueue((beat.StepAt - _last.StepAt).TotalSeconds / (beat.Step - _last.Step));
            if (_stepSeconds.Count > Remembered) _stepSeconds.Dequeue();
        }
        if (_last is null || beat.Step != _last.Step) _steppedAt = time.GetTimestamp();
        _heardAt = time.GetTimestamp();
        _last = beat;
        return true;
    }

    /// <summary>Null while all is well; else the failure code and what was seen.</summary>
    public (string Code, string Seen)? Verdict()
    {
        if (_last is null)
            return time.GetElapsedTime(_since) > options.StartDeadline
                ? (FailureCode.Timeout, $"no sign of life within {options.StartDeadline.TotalSeconds:0} s of its start") : null;
        if (time.GetElapsedTime(_heardAt) > options.Lease)
            return (FailureCode.WorkerLost, $"no sign of life for {options.Lease.TotalSeconds:0} s");
        var patience = Patience();
        return expectsSteps && time.GetElapsedTime(_steppedAt) > patience
            ? (FailureCode.Timeout, $"alive, but no step for {patience.TotalSeconds:0} s") : null;
    }

    // Before the first steps data are read and kernels chosen; afterwards ten times the median step, however slow that is.
    private TimeSpan Patience()
    {
        if (_stepSeconds.Count == 0) return options.StartDeadline > options.StallDeadline ? options.StartDeadline : options.StallDeadline;
        var median = _stepSeconds.Order().ElementAt(_stepSeconds.Count / 2);
        var tenSteps = TimeSpan.FromSeconds(Math.Min(10 * Math.Max(median, 0), 86_400));
        return tenSteps > options.StallDeadline ? tenSteps : options.StallDeadline;
    }
}
