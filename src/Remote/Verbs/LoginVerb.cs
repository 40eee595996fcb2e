using System.CommandLine;

namespace WebLab.Remote.Verbs;

/// <summary><c>login</c>: keeps address and key for the other verbs.</summary>
internal static class LoginVerb
{
    public static Command Make(Terminal terminal)
    {
        var verb = new Command("login", "Store a server's address and your key in ~/.config/weblab, readable by you alone. The key is asked for, or read from a pipe.");
        verb.SetAction((parsed, cancel) => Common.Guarded(terminal, async () =>
        {
            var url = Login.Checked(parsed.GetValue(Common.Url) ?? Environment.GetEnvironmentVariable("WEBLAB_URL") ?? Login.DefaultUrl);
            var key = terminal.ReadSecret("Key (page 'API keys'): ");
            if (key.Length == 0) throw new UsageException("key: got nothing, wanted wl_...");
            var login = new Login(url, key);
            using var server = new Server(login, terminal.Time);
            var session = await server.Get("/auth/session", cancel);
            login.Store();
            await terminal.Output.WriteLineAsync($"Signed in at {url} as {session["name"]}, may {string.Join(", ", session["scopes"]!.AsArray())}. Stored in {Login.FilePath}");
            return Exit.Done;
        }));
        return verb;
    }
}
