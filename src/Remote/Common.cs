using System.CommandLine;

namespace WebLab.Remote;

/// <summary>What all verbs share: two options, and how an ending becomes a status.</summary>
internal static class Common
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print the server's JSON instead of a table.", Recursive = true };

    public static readonly Option<string?> Url = new("--url") { Description = "Address of the server; by default WEBLAB_URL, else that of `login`.", Recursive = true };

    /// <summary>Gives a command its action.</summary>
    /// <param name="act">Gets the server and where to print; returns the exit status.</param>
    public static Command Does(this Command command, Terminal terminal, Func<ParseResult, Server, Printer, CancellationToken, Task<int>> act)
    {
        command.SetAction(async (parsed, cancel) => await Guarded(terminal, async () =>
        {
            using var server = new Server(Login.Find(parsed.GetValue(Url)), terminal.Time);
            return await act(parsed, server, new Printer(terminal, parsed.GetValue(Json)), cancel);
        }));
        return command;
    }

    public static async Task<int> Guarded(Terminal terminal, Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (Exception e) when (e is RefusedException or IOException and not HttpIOException or UnauthorizedAccessException)
        {
            await terminal.Errors.WriteLineAsync(e.Message);
            return Exit.Failed;
        }
        catch (UsageException e)
        {
            await terminal.Errors.WriteLineAsync(e.Message);
            return Exit.Usage;
        }
        catch (UnreachableException e)
        {
            await terminal.Errors.WriteLineAsync(e.Message);
            return Exit.Unreachable;
        }
        catch (OperationCanceledException)
        {
            return Exit.Interrupted;
        }
    }
}
