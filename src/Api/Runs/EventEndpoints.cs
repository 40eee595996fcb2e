using System.Globalization;
using System.Text.Json;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Runs;

/// <summary>Events after a number.</summary>
/// <param name="LastSeq">Ask for those after this next.</param>
public sealed record EventPage(IReadOnlyList<Envelope> Items, long LastSeq);

/// <summary>The run log over plain HTTP: a page of JSON, or a stream of server-sent events that goes on for as long as the caller listens.</summary>
public static class EventEndpoints
{
    private const int PageSize = 1000;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    internal static void MapEvents(this RouteGroupBuilder runs) =>
        runs.MapGet("/{id}/events", async (RunLog log, RunService service, HttpContext http, string id, long? after, CancellationToken cancel) =>
        {
            await service.Get(id, cancel);
            if (after < 0) throw Refusal.Invalid("after", $"got {after}, wanted 0 or the number of an event");
            if (!http.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/event-stream"))
            {
                var events = log.Read(id, after ?? 0, PageSize);
                return Results.Ok(new EventPage([.. events.Select(e => Envelope.Of(id, e))], events.Count > 0 ? events[^1].Seq : after ?? 0));
            }
            await Stream(log, http, id, LastEventId(http) ?? after ?? 0, cancel);
            return Results.Empty;
        }).WithName("getRunEvents").WithSummary("Events after a number: JSON, or a stream with `Accept: text/event-stream` (honours Last-Event-ID).")
            .Produces<EventPage>().Produces(StatusCodes.Status200OK, contentType: "text/event-stream").DisableRequestTimeout();

    private static async Task Stream(RunLog log, HttpContext http, string id, long after, CancellationToken cancel)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await http.Response.WriteAsync(": watching\n\n", cancel);
        await http.Response.Body.FlushAsync(cancel);
        await using var events = log.Watch(id, after, cancel).GetAsyncEnumerator(cancel);
        var next = events.MoveNextAsync().AsTask();
        while (true)
        {
            // A comment now and then keeps proxies from closing a quiet stream.
            if (await Task.WhenAny(next, Task.Delay(Quiet, cancel)) != next)
            {
                await http.Response.WriteAsync(": quiet\n\n", cancel);
            }
            else
            {
                if (!await next) return;
                var e = events.Current;
                var number = e.Seq > 0 ? string.Create(CultureInfo.InvariantCulture, $"id: {e.Seq}\n") : "";
                await http.Response.WriteAsync($"{number}event: {e.Type}\ndata: {JsonSerializer.Serialize(Envelope.Of(id, e), JobJson.Options)}\n\n", cancel);
                next = events.MoveNextAsync().AsTask();
            }
            await http.Response.Body.FlushAsync(cancel);
        }
    }

    private static long? LastEventId(HttpContext http) => http.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } text
        ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : throw Refusal.Invalid("Last-Event-ID", $"got '{text}', wanted the number of an event")
        : null;
}
