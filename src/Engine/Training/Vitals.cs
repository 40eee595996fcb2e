using System.Globalization;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>
/// How much of the machine this process takes: sampled every two seconds beside the training, and handed over with the next metric
/// point. Nothing of the run depends on it.
/// </summary>
public sealed class Vitals : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    // Of /proc/self/stat: user and system time in ticks of 1/100 s, counted behind the name, which may hold spaces.
    private const int UserTicks = 11, SystemTicks = 12;
    private const double TicksPerSecond = 100;

    private readonly TimeProvider _time;
    private readonly string _folder;
    private readonly Device _device;
    private readonly ITimer _timer;
    private IReadOnlyDictionary<string, double>? _fresh;
    private double _busySeconds;
    private long _lookedAt;

    /// <param name="folder">Whose disk is watched.</param>
    /// <param name="device">Whose memory is watched, if it has its own.</param>
    /// <param name="time">The clock.</param>
    public Vitals(string folder, Device device, TimeProvider time)
    {
        (_folder, _device, _time, _busySeconds, _lookedAt) = (folder, device, time, BusySeconds() ?? 0, time.GetTimestamp());
        _timer = time.CreateTimer(_ => Look(), null, Every, Every);
    }

    /// <summary>The newest sample that was not taken yet: <c>system.cpu</c> as a share of all processors, the others in bytes; null when there is none.</summary>
    public IReadOnlyDictionary<string, double>? Take() => Interlocked.Exchange(ref _fresh, null);

    /// <summary>Ends the sampling.</summary>
    public void Dispose() => _timer.Dispose();

    /// <summary>Takes a sample now.</summary>
    internal void Look()
    {
        try
        {
            var values = new Dictionary<string, double>();
            if (BusySeconds() is { } busy && _time.GetElapsedTime(_lookedAt).TotalSeconds is > 0 and var passed)
            {
                values["system.cpu"] = Math.Clamp((busy - _busySeconds) / passed / Environment.ProcessorCount, 0, 1);
                (_busySeconds, _lookedAt) = (busy, _time.GetTimestamp());
            }

            values["system.memory"] = Environment.WorkingSet;
            if (FreeMemory() is { } memory) values["system.memoryFree"] = memory;
            values["system.diskFree"] = new DriveInfo(_folder).AvailableFreeSpace;
            if (_device.Kind == DeviceKind.Cuda && Libtorch.CudaMemory(Math.Max(0, _device.Index)) is var (free, total)) values["system.gpuMemory"] = total - free;
            Interlocked.Exchange(ref _fresh, values);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TorchException)
        {
            // A sample that cannot be taken is left out; training goes on.
        }
    }

    private static double? BusySeconds()
    {
        const string file = "/proc/self/stat";
        if (!File.Exists(file)) return null;
        var text = File.ReadAllText(file);
        var words = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(words[UserTicks], CultureInfo.InvariantCulture) + long.Parse(words[SystemTicks], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    // A line such as "MemAvailable:   12345 kB".
    private static double? FreeMemory()
    {
        const string file = "/proc/meminfo";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal)) : null;
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kilobytes, ..] ? double.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024 : null;
    }
}
