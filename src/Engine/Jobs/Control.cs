namespace WebLab.Engine.Jobs;

/// <summary>What the server wants of a running job.</summary>
public enum Wish
{
    GoOn,
    Pause,
    Cancel,
}

/// <summary>Thrown on the compute thread, between two pieces of work, once a cancel has come.</summary>
public sealed class JobCancelled() : OperationCanceledException("the job was cancelled");

/// <summary>
/// The control thread of a worker: polls the control file every 200 ms and writes the beat every 5 s. The compute thread
/// calls <see cref="Step"/> between two pieces of work; there cancel strikes and yield rests.
/// </summary>
public sealed class Control : IDisposable
{
    private static readonly TimeSpan poll = TimeSpan.FromMilliseconds(200), beatEvery = TimeSpan.FromSeconds(5);

    private readonly AttemptFolder _attempt;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private long _offset, _steps, _stepAt, _yieldUntil;
    private Wish _wish;
    private bool _over;

    /// <summary>Starts the thread; before the constructor returns the first beat is written and what was commanded so far is read.</summary>
    public Control(AttemptFolder attempt, TimeProvider time)
    {
        Directory.CreateDirectory(attempt.Path);
        _attempt = attempt;
        _time = time;
        _stepAt = _time.GetUtcNow().UtcTicks;
        WriteBeat();
        Poll();
        _thread = new Thread(Watch) { Name = "control", IsBackground = true };
        _thread.Start();
    }

    public Wish Wish
    {
        get { lock (_gate) return _wish; }
    }

    /// <summary>Pieces of work done.</summary>
    public long Steps => Interlocked.Read(ref _steps);

    /// <summary>One piece of work is done (an attack step, a batch): counts it, rests while another has the processors.</summary>
    /// <exception cref="JobCancelled">A cancel has come.</exception>
    public void Step()
    {
        Interlocked.Increment(ref _steps);
        Interlocked.Exchange(ref _stepAt, _time.GetUtcNow().UtcTicks);
        lock (_gate)
        {
            while (_wish != Wish.Cancel && Rest() is { } rest && rest > TimeSpan.Zero) Monitor.Wait(_gate, rest);
            if (_wish == Wish.Cancel) throw new JobCancelled();
        }
    }

    /// <summary>Does what a line of the control file would do.</summary>
    public void Ask(Command? command)
    {
        lock (_gate) Obey(command);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _over = true;
            Monitor.PulseAll(_gate);
        }
        _thread.Join();
    }

    private TimeSpan Rest() => TimeSpan.FromTicks(_yieldUntil - Ticks());

    private long Ticks() => _time.GetElapsedTime(0).Ticks;

    private void Watch()
    {
        var beatAt = _time.GetTimestamp();
        lock (_gate)
        {
            while (!_over)
            {
                Poll();
                if (_time.GetElapsedTime(beatAt) >= beatEvery)
                {
                    beatAt = _time.GetTimestamp();
                    WriteBeat();
                }
                Monitor.Wait(_gate, poll);
            }
        }
        WriteBeat();
    }

    private void Poll()
    {
        foreach (var line in LineTail.Read(_attempt.Control, _offset))
        {
            _offset = line.End;
            Ask(Command.Parse(line.Bytes.Span));
        }
    }

    // A later command wins, except that nothing takes back a cancel.
    private void Obey(Command? command)
    {
        if (command == Command.Cancel) _wish = Wish.Cancel;
        else if (command == Command.Pause && _wish == Wish.GoOn) _wish = Wish.Pause;
        else if (command is { Name: "yield", Seconds: { } seconds }) _yieldUntil = Ticks() + TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 60)).Ticks;
        Monitor.PulseAll(_gate);
    }

    // A full disk must not kill the control thread: the compute thread will meet it and say so.
    private void WriteBeat()
    {
        var beat = new Beat(_time.GetUtcNow(), Environment.ProcessId, Steps, new DateTimeOffset(Interlocked.Read(ref _stepAt), TimeSpan.Zero), _attempt.Number);
        try
        {
            Durable.Replace(_attempt.Beat, JobJson.Bytes(beat), sync: false);
        }
        catch (IOException)
        {
        }
    }
}
