using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using WebLab.Api.Store;

namespace WebLab.Api.Machine;

/// <summary>Reads the machine's figures from the operating system.</summary>
public sealed class Computer(DataDirectory data, DeviceWatch devices, TimeProvider time)
{
    private static readonly DateTimeOffset StartedAt = Process.GetCurrentProcess().StartTime;

    public static string Version { get; } =
        typeof(Computer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static readonly Lazy<string> Sqlite = new(() =>
    {
        SystemSqlite.Use();
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection("Data Source=:memory:");
        connection.Open();
        return connection.ServerVersion;
    });

    public SystemView Look()
    {
        var memory = ReadMemory();
        var drive = new DriveInfo(data.Root);
        return new SystemView(
            new Versions(Version, Environment.Version.ToString(), RuntimeInformation.OSDescription, devices.Latest?.Libtorch, devices.Latest?.OpenCv, Sqlite.Value),
            new Processor(ProcessorName(), Environment.ProcessorCount, Load()),
            new MemoryView(memory.GetValueOrDefault("MemTotal"), memory.GetValueOrDefault("MemAvailable"), Process.GetCurrentProcess().WorkingSet64),
            new DiskView(drive.TotalSize, drive.AvailableFreeSpace),
            devices.Latest is { } report ? [.. report.Devices.Select(d => new DeviceView(d.Id, d.Name, d.TotalBytes, d.FreeBytes))] : [new DeviceView("cpu", ProcessorName(), null, null)],
            (time.GetUtcNow() - StartedAt).TotalSeconds);
    }

    // Lines such as "MemTotal:       24689764 kB".
    private static Dictionary<string, long> ReadMemory() => Lines("/proc/meminfo").Select(l => l.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
        .Where(w => w.Length >= 2 && long.TryParse(w[1], out _)).ToDictionary(w => w[0], w => long.Parse(w[1]) * 1024);

    private static string ProcessorName() => Lines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
        ?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static double Load() => Lines("/proc/loadavg").FirstOrDefault() is { } line
        ? double.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    private static IEnumerable<string> Lines(string file) => File.Exists(file) ? File.ReadLines(file) : [];
}

public static class MachineEndpoints
{
    public static void AddMachine(this IServiceCollection services)
    {
        services.AddSingleton<Computer>();
        services.AddSingleton<Retention>();
        services.AddSingleton<DeviceWatch>();
        services.AddHostedService(p => p.GetRequiredService<DeviceWatch>());
        services.AddSingleton<Health>();
    }

    public static void MapMachine(this RouteGroupBuilder api)
    {
        api.MapGet("/system", Look).WithTags("System").WithName("getSystem");
        api.MapRetention();
    }

    /// <summary>Devices, disk, memory and versions</summary>
    private static SystemView Look(Computer computer) => computer.Look();
}
