using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace WebLab.Web.Tests.Browser;

/// <summary>Stands between a browser and the server, and can lose what runs through it.</summary>
public sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, Line> _lines = [];
    private readonly int _server;
    private readonly Task _serving;
    private volatile bool _cut;

    /// <param name="server">Address of the server, such as <c>http://127.0.0.1:40123</c>.</param>
    public Relay(string server)
    {
        _server = new Uri(server).Port;
        _listener.Start();
        _serving = Serve();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Ends every connection and refuses new ones.</summary>
    public void Cut()
    {
        _cut = true;
        foreach (var (client, line) in _lines)
        {
            client.Close();
            line.Ended.TrySetResult();
        }
    }

    public void Mend() => _cut = false;

    /// <summary>Connections that there are say nothing more, and nobody tells their ends; new ones work.</summary>
    public void Forget()
    {
        foreach (var line in _lines.Values) line.Forgotten = true;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _serving;
    }

    private async Task Serve()
    {
        try
        {
            while (true) _ = Carry(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was stopped.
        }
    }

    private async Task Carry(TcpClient client)
    {
        var line = new Line();
        using (client)
        using (var server = new TcpClient())
        {
            if (_cut) return;
            _lines[client] = line;
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server);
                await Task.WhenAny(Copy(client, server, line), Copy(server, client, line));
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // One of the ends is gone.
            }

            _lines.TryRemove(client, out _);
        }
    }

    private static async Task Copy(TcpClient from, TcpClient to, Line line)
    {
        var (source, sink, block) = (from.GetStream(), to.GetStream(), new byte[1 << 14]);
        while (await source.ReadAsync(block) is var read and > 0)
            if (!line.Forgotten) await sink.WriteAsync(block.AsMemory(0, read));
        // The end of a forgotten connection is not told either, until the relay goes.
        if (line.Forgotten) await line.Ended.Task;
    }

    private sealed class Line
    {
        public volatile bool Forgotten;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
