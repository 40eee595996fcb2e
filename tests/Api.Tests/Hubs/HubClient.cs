using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.TestHost;
using WebLab.Api.Hubs;
using WebLab.Api.Tests.Http;

namespace WebLab.Api.Tests.Hubs;

/// <summary>A SignalR client of few words: the JSON protocol over a raw WebSocket.</summary>
public sealed class HubClient : IAsyncDisposable
{
    private const char End = '\u001e';
    private readonly WebSocket _socket;
    private readonly Queue<JsonObject> _read = new();
    private readonly StringBuilder _rest = new();

    private HubClient(WebSocket socket) => _socket = socket;

    public static async Task<HubClient> Connect(Server server, HttpClient credentials, CancellationToken cancel)
    {
        var client = server.Server.CreateWebSocketClient();
        client.ConfigureRequest = request => request.Headers.Authorization = credentials.DefaultRequestHeaders.Authorization?.ToString();
        var socket = await client.ConnectAsync(new Uri(server.Server.BaseAddress, LabHub.Path), cancel);
        var hub = new HubClient(socket);
        await hub.Send("""{"protocol":"json","version":1}""", cancel);
        await hub.Next(cancel);
        return hub;
    }

    public Task Call(string method, CancellationToken cancel, params object[] arguments) => Send(
        new JsonObject { ["type"] = 1, ["invocationId"] = "1", ["target"] = method, ["arguments"] = new JsonArray([.. arguments.Select(a => JsonValue.Create(a))]) }.ToJsonString(), cancel);

    /// <summary>The next envelope; what is no news is passed over.</summary>
    public async Task<JsonObject> News(CancellationToken cancel)
    {
        while (true)
            if (await Next(cancel) is { } message && (string?)message["target"] == LabHub.News) return message["arguments"]![0]!.AsObject();
    }

    /// <summary>The answer to the last call.</summary>
    public async Task<JsonObject> Answer(CancellationToken cancel)
    {
        while (true)
            if (await Next(cancel) is { } message && (int?)message["type"] == 3) return message;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        await ValueTask.CompletedTask;
    }

    private Task Send(string text, CancellationToken cancel) => _socket.SendAsync(Encoding.UTF8.GetBytes(text + End), WebSocketMessageType.Text, true, cancel);

    private async Task<JsonObject> Next(CancellationToken cancel)
    {
        var block = new byte[16 << 10];
        while (_read.Count == 0)
        {
            var got = await _socket.ReceiveAsync(block.AsMemory(), cancel);
            if (got.MessageType == WebSocketMessageType.Close) throw new WebSocketException("the hub closed the connection");
            _rest.Append(Encoding.UTF8.GetString(block, 0, got.Count));
            var text = _rest.ToString();
            var whole = text.LastIndexOf(End) + 1;
            foreach (var message in text[..whole].Split(End, StringSplitOptions.RemoveEmptyEntries)) _read.Enqueue(JsonNode.Parse(message)!.AsObject());
            _rest.Clear().Append(text[whole..]);
        }
        return _read.Dequeue();
    }
}
