using WebLab.Engine.Jobs;

namespace WebLab.Engine.Cli;

/// <summary>Runs a job in this process, told on the terminal: the same folder, events and codes as under the server.</summary>
internal static class LocalJob
{
    /// <summary>Starts a job or goes on with one that was stopped.</summary>
    /// <param name="folder">New, or of an earlier start of the same job.</param>
    /// <param name="spec">What to run.</param>
    /// <param name="bell">Called for each event.</param>
    /// <returns>The exit code.</returns>
    public static int Run(JobFolder folder, JobSpec spec, Action<EventData> bell)
    {
        spec.Write(folder);
        var attempt = 1;
        while (Directory.Exists(folder.Attempt(attempt).Path)) attempt++;
        return Worker.Run(folder, attempt, JobKinds.All, TimeProvider.System, bell, Console.Error);
    }
}
