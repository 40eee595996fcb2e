using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR;
using WebLab.Api.Lab;
using WebLab.Api.Notices;
using WebLab.Api.Queue;
using WebLab.Api.Runs;

namespace WebLab.Api.Hubs;

/// <summary>
/// News of runs, of the queue and of the lab. Every message is <c>news(envelope)</c>. A run's events come in order and without gaps from the number
/// asked for: the run's log is the buffer, so that a slow or returning client loses nothing and keeps nobody waiting; of progress it gets
/// the newest only.
/// </summary>
public sealed class LabHub(RunLog log, RunService runs, QueueBell queue, NoticeBell notices, LabBoards boards, TimeProvider time, HubFeeds feeds) : Hub
{
    public const string Path = "/hubs/lab";

    /// <summary>The name of the only message to clients.</summary>
    public const string News = "news";
    private const string QueueStream = "queue", NoticeStream = "notices";

    /// <summary>Sends events of a run after <paramref name="afterSeq"/>, then those to come. Subscribing again starts over from the number given.</summary>
    public async Task SubscribeRun(string runId, long afterSeq)
    {
        if (afterSeq < 0) throw new HubException($"afterSeq: got {afterSeq}, wanted 0 or the number of an event");
        try
        {
            await runs.Get(runId, Context.ConnectionAborted);
        }
        catch (Http.Refusal e)
        {
            throw new HubException(e.Message);
        }
        var client = Clients.Caller;
        Follow($"run:{runId}", async cancel =>
        {
            await foreach (var e in log.Watch(runId, afterSeq, cancel))
                await client.SendAsync(News, Envelope.Of(runId, e), cancel);
        });
    }

    /// <summary>Sends <c>queueChanged</c> whenever the queue looks different; the queue itself is read by REST.</summary>
    public void SubscribeQueue() => Tell(QueueStream, () => queue.Next, "queueChanged");

    /// <summary>Sends <c>noticesChanged</c> whenever somebody's notices look different; one's own are read by REST.</summary>
    public void SubscribeNotices() => Tell(NoticeStream, () => notices.Next, "noticesChanged");

    /// <summary>
    /// Sends what happens on a board of the lab: <c>progress</c>, <c>attackStep</c> (the newest of each cell), and <c>result</c> at its end,
    /// which says where the board is read.
    /// </summary>
    public async Task SubscribeLab(string boardId)
    {
        var user = Context.User?.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";
        try
        {
            await boards.Get(boardId, user, Context.ConnectionAborted);
        }
        catch (Http.Refusal e)
        {
            throw new HubException(e.Message);
        }
        var client = Clients.Caller;
        Follow($"lab:{boardId}", async cancel =>
        {
            await foreach (var news in boards.Watch(boardId, user, cancel))
            {
                // A board outgrows a message; whoever waits for it reads it by REST.
                var data = news.Data is LabBoard board ? new { board.Id, board.Status, Address = $"/api/v1/lab/boards/{board.Id}" } : news.Data;
                await client.SendAsync(News, new Envelope(1, $"lab:{boardId}", 0, time.GetUtcNow(), 0, news.Type, JsonSerializer.SerializeToElement(data, Http.Json.Options)), cancel);
            }
        });
    }

    public void UnsubscribeLab(string boardId) => feeds.End(Context.ConnectionId, $"lab:{boardId}");

    public void UnsubscribeRun(string runId) => feeds.End(Context.ConnectionId, $"run:{runId}");

    public void UnsubscribeQueue() => feeds.End(Context.ConnectionId, QueueStream);

    public void UnsubscribeNotices() => feeds.End(Context.ConnectionId, NoticeStream);

    /// <summary>The server's time; shows that the line is alive.</summary>
    public DateTimeOffset Ping() => time.GetUtcNow();

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        feeds.EndAll(Context.ConnectionId);
        return base.OnDisconnectedAsync(exception);
    }

    private void Tell(string stream, Func<Task> next, string type)
    {
        var client = Clients.Caller;
        Follow(stream, async cancel =>
        {
            while (true)
            {
                var rung = next();
                await client.SendAsync(News, new Envelope(1, stream, 0, time.GetUtcNow(), 0, type, JsonDocument.Parse("{}").RootElement), cancel);
                await rung.WaitAsync(cancel);
            }
        });
    }

    private void Follow(string stream, Func<CancellationToken, Task> send)
    {
        if (!feeds.Begin(Context.ConnectionId, stream, Context.ConnectionAborted, send))
            throw new HubException($"a connection may follow at most {HubFeeds.MostPerConnection} streams; unsubscribe from one first");
    }
}

/// <summary>What each connection follows; each stream is sent by a loop of its own.</summary>
public sealed class HubFeeds(ILogger<HubFeeds> logger)
{
    public const int MostPerConnection = 50;
    private readonly ConcurrentDictionary<string, Dictionary<string, CancellationTokenSource>> _connections = new();

    /// <summary>False when the connection follows too many streams already.</summary>
    public bool Begin(string connection, string stream, CancellationToken aborted, Func<CancellationToken, Task> send)
    {
        var streams = _connections.GetOrAdd(connection, _ => []);
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        lock (streams)
        {
            if (streams.Remove(stream, out var older)) older.Cancel();
            if (streams.Count >= MostPerConnection)
            {
                cancel.Dispose();
                return false;
            }
            streams[stream] = cancel;
        }
        _ = Send(stream, send, cancel.Token);
        return true;
    }

    public void End(string connection, string stream)
    {
        if (!_connections.TryGetValue(connection, out var streams)) return;
        lock (streams)
            if (streams.Remove(stream, out var cancel)) cancel.Cancel();
    }

    public void EndAll(string connection)
    {
        if (!_connections.TryRemove(connection, out var streams)) return;
        lock (streams)
            foreach (var cancel in streams.Values) cancel.Cancel();
    }

    private async Task Send(string stream, Func<CancellationToken, Task> send, CancellationToken cancel)
    {
        await Task.Yield();
        try
        {
            await send(cancel);
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e)
        {
            logger.LogWarning(e, "{Stream} could not be sent on", stream);
        }
    }
}
