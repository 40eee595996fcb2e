using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>The process of one attempt: a child of this server, or one that outlived an earlier server.</summary>
public sealed class WorkerProcess : IDisposable
{
    private const int SigKill = 9;
    private readonly Process? _child;

    private readonly string _marker;

    private WorkerProcess(int? pid, Process? child, string marker) => (Pid, _child, _marker) = (pid, child, marker);

    /// <summary>Null when the process was gone before it could be found.</summary>
    public int? Pid { get; }

    /// <summary>
    /// Starts <c>weblab work FOLDER --attempt N</c> in a session and process group of its own, with output to <c>console.log</c>, so that
    /// neither a crash of the server nor Ctrl+C in its terminal reaches it. The kernel takes it before the server when memory ends.
    /// </summary>
    public static WorkerProcess Start(QueueOptions options, AttemptFolder attempt, JobFolder job)
    {
        Directory.CreateDirectory(attempt.Path);
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = job.Path };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("""echo 500 >/proc/self/oom_score_adj 2>/dev/null; n=$1; shift; exec setsid nice -n "$n" "$@" </dev/null >>"$0" 2>&1""");
        start.ArgumentList.Add(attempt.Console);
        start.ArgumentList.Add(options.Nice.ToString(CultureInfo.InvariantCulture));
        foreach (var argument in Program(options)) start.ArgumentList.Add(argument);
        foreach (var argument in Arguments(attempt, job)) start.ArgumentList.Add(argument);
        var child = Process.Start(start) ?? throw new InvalidOperationException("the worker could not be started");
        return new WorkerProcess(child.Id, child, Marker(attempt, job));
    }

    /// <summary>Finds the process of an attempt that an earlier server started, by its arguments; they hold the run's id.</summary>
    public static WorkerProcess Find(AttemptFolder attempt, JobFolder job)
    {
        var marker = Marker(attempt, job);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var pid) && Lives(pid, marker)) return new WorkerProcess(pid, null, marker);
        }
        return new WorkerProcess(null, null, marker);
    }

    /// <summary>Whether the process has ended; a dead child that init has not collected yet has ended too.</summary>
    public bool HasExited => _child?.HasExited ?? (Pid is not { } pid || !Lives(pid, _marker));

    /// <summary>Known for children that have ended; 128 + n after signal n.</summary>
    public int? ExitCode => _child is { HasExited: true } ? _child.ExitCode : null;

    /// <summary>SIGKILL to the whole process group.</summary>
    public void Kill()
    {
        if (Pid is { } pid and > 1 && !HasExited && kill(-pid, SigKill) != 0) _ = kill(pid, SigKill);
    }

    public void Dispose() => _child?.Dispose();

    private static string[] Arguments(AttemptFolder attempt, JobFolder job) =>
        ["work", job.Path, "--attempt", attempt.Number.ToString(CultureInfo.InvariantCulture)];

    /// <summary>The engine's program and first arguments. The host that runs this very server also runs the worker; no PATH is trusted.</summary>
    public static string[] Program(QueueOptions options)
    {
        if (options.Worker is { Length: > 0 } given) return given;
        var runtime = RuntimeEnvironment.GetRuntimeDirectory();
        return [Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "dotnet")), Path.Combine(AppContext.BaseDirectory, "weblab.dll")];
    }

    private static string Marker(AttemptFolder attempt, JobFolder job) => "\0" + string.Join('\0', Arguments(attempt, job)) + "\0";

    // A number alone proves nothing, it may have gone to another process: the arguments tell.
    private static bool Lives(int pid, string marker)
    {
        try
        {
            // "pid (name) S ...": the name may hold anything, so the state is sought behind the last bracket.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X')
                && Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline")).Contains(marker, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}
