using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;

namespace WebLab.Api.Accounts;

/// <summary>
/// Shows where the product listens, once it does. The first start's link makes the first account: its token follows a <c>#</c>, so that
/// no server or proxy ever logs it, and goes to the terminal, never to a logger.
/// </summary>
internal sealed class StartLink(IServer server, SignIns signIns, SetupToken token, IOptions<Settings> settings, IHostApplicationLifetime life, Terminal terminal)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        await Started(stopping);
        if (server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is not { } address)
            return;
        var home = Reachable(address) + settings.Value.PathBase;
        terminal.Out.WriteLine(await signIns.SetupIsOpen(stopping)
            ? $"\n  WebLab is ready. This link makes the first account and works once:\n\n    {home}/setup#token={token.Value}\n"
            : $"\n  WebLab is ready:\n\n    {home}/\n");
        terminal.Out.Flush();
    }

    private async Task Started(CancellationToken stopping)
    {
        var started = new TaskCompletionSource();
        using var onStart = life.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stopping);
    }

    // 0.0.0.0 and [::] are no names a browser can open.
    private string Reachable(string address)
    {
        var bound = BindingAddress.Parse(address);
        var host = bound.Host is "0.0.0.0" or "[::]" or "*" or "+" ? settings.Value.AllowedHosts.FirstOrDefault(h => !h.StartsWith('*')) ?? "127.0.0.1" : bound.Host;
        return $"{bound.Scheme}://{host}:{bound.Port}";
    }
}

/// <summary>Where the start link goes: the console, or a string in tests.</summary>
public sealed record Terminal(TextWriter Out);
