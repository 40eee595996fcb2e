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

    private readonly AttemptFolder attempt;
    private readonly TimeProvider time;
    private readonly Thread thread;
    private readonly object gate = new();
    private long offset, steps, stepAt, yieldUntil;
    private Wish wish;
    private bool over;

    /// <summary>Starts the thread; the first beat is written before the constructor returns.</summary>
    public Control(AttemptFolder attempt, TimeProvider time)
    {
        Directory.CreateDirectory(attempt.Path);
        this.attempt = attempt;
        this.time = time;
        stepAt = time.GetUtcNow().UtcTicks;
        WriteBeat();
        thread = new Thread(Watch) { Name = "control", IsBackground = true };
        thread.Start();
    }

    public Wish Wish
    {
        get { lock (gate) return wish; }
    }

    /// <summary>Pieces of work done.</summary>
    public long Steps => Interlocked.Read(ref steps);

    /// <summary>One piece of work is done (an attack step, a batch): counts it, rests while another has the processors.</summary>
    /// <exception cref="JobCancelled">A cancel has come.</exception>
    public void Step()
    {
        Interlocked.Increment(ref steps);
        Interlocked.Exchange(ref stepAt, time.GetUtcNow().UtcTicks);
        lock (gate)
        {
            while (wish != Wish.Cancel && Rest() is { } rest && rest > TimeSpan.Zero) Monitor.Wait(gate, rest);
            if (wish == Wish.Cancel) throw new JobCancelled();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            over = true;
            Monitor.PulseAll(gate);
        }
        thread.Join();
    }

    private TimeSpan Rest() => TimeSpan.FromTicks(yieldUntil - time.GetTimestamp() * TimeSpan.TicksPerSecond / time.TimestampFrequency);

    private void Watch()
    {
        var beatAt = time.GetTimestamp();
        lock (gate)
        {
            while (!over)
            {
                foreach (var line in LineTail.Read(attempt.Control, offset)) Obey(line);
                if (time.GetElapsedTime(beatAt) >= beatEvery)
                {
                    beatAt = time.GetTimestamp();
                    WriteBeat();
                }
                Monitor.Wait(gate, poll);
            }
        }
        WriteBeat();
    }

    // A later command wins, except that nothing takes back a cancel.
    private void Obey(TailLine line)
    {
        offset = line.End;
        var command = Command.Parse(line.Bytes.Span);
        if (command == Command.Cancel) wish = Wish.Cancel;
        else if (command == Command.Pause && wish == Wish.GoOn) wish = Wish.Pause;
        else if (command is { Name: "yield", Seconds: { } seconds })
            yieldUntil = time.GetTimestamp() * TimeSpan.TicksPerSecond / time.TimestampFrequency + TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 60)).Ticks;
        Monitor.PulseAll(gate);
    }

    // A full disk must not kill the control thread: the compute thread will meet it and say so.
    private void WriteBeat()
    {
        var beat = new Beat(time.GetUtcNow(), Environment.ProcessId, Steps, new DateTimeOffset(Interlocked.Read(ref stepAt), TimeSpan.Zero), attempt.Number);
        try
        {
            Durable.Replace(attempt.Beat, JobJson.Bytes(beat), sync: false);
        }
        catch (IOException)
        {
        }
    }
}
