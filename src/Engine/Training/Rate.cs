namespace WebLab.Engine.Training;

/// <summary>Images a second and time to go, from a smoothed step time; the first step (which allocates and compiles) is left out.</summary>
public sealed class Rate(TimeProvider time)
{
    private const double Memory = 0.95;

    private long _last;
    private int _steps;
    private double _seconds;

    /// <summary>Smoothed seconds of one step; 0 before two steps are done.</summary>
    public double SecondsPerStep => _seconds;

    /// <summary>Forgets the time since the last step: a probe or a checkpoint lay between.</summary>
    public void Restart() => _last = time.GetTimestamp();

    public void Step()
    {
        var seconds = time.GetElapsedTime(_last).TotalSeconds;
        Restart();
        if (_steps++ == 0) return;
        _seconds = _steps == 2 ? seconds : Memory * _seconds + (1 - Memory) * seconds;
    }

    public double ImagesPerSecond(int batch) => _seconds > 0 ? batch / _seconds : 0;

    public double EtaSeconds(long stepsLeft) => _seconds * stepsLeft;
}
