using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using WebLab.Remote.Verbs;

namespace WebLab.Remote;

/// <summary>The program's table of contents: one line per verb.</summary>
internal static class Entry
{
    public static async Task<int> Run(string[] args, Terminal terminal)
    {
        var root = new RootCommand("Work with a WebLab server from a terminal. Exit status: 0 done, 1 failed or refused, 2 wrong usage, 3 server unreachable.");
        root.Add(Common.Json);
        root.Add(Common.Url);
        root.Add(LoginVerb.Make(terminal));
        root.Add(ExperimentVerbs.Make(terminal));
        root.Add(RunVerbs.Make(terminal));
        root.Add(EvaluateVerb.Make(terminal));
        root.Add(AttackVerb.Make(terminal));
        root.Add(DownloadVerb.Make(terminal));
        root.Add(DatasetVerbs.Make(terminal));
        root.Add(CompletionVerb.Make(terminal));
        var parsed = root.Parse(args);
        var how = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = terminal.Output, Error = terminal.Errors };
        using var stop = new CancellationTokenSource();
        // The first Ctrl-C lets a verb say what goes on without it; the second ends the program at once.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        });
        var status = await parsed.InvokeAsync(how, stop.Token);
        return parsed.Action is ParseErrorAction ? Exit.Usage : status;
    }
}
