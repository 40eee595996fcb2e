using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace WebLab.Remote;

/// <summary>Follows a run to its end, also across cut connections.</summary>
internal static class Watch
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(45), Patience = TimeSpan.FromMinutes(5);
    private static readonly string[] Ended = ["completed", "failed", "cancelled"];

    /// <summary>Prints the run's news and gives the exit status that its end means.</summary>
    public static async Task<int> Follow(Server server, string id, Printer print, CancellationToken cancel)
    {
        try
        {
            var end = await Row(server, id, cancel);
            for (long seen = 0; !Over(end) || (long)end["lastSeq"]! > seen; end = await Again(server, id, print, cancel))
                seen = await Listen(server, id, seen, print, cancel);
            if ((string?)end["status"] == "completed") return Exit.Done;
            print.Tell($"The run ended as {end["status"]}.{((string?)end["failure"]?["suggestion"] is { } advice ? " " + advice : "")}");
            return Exit.Failed;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            print.Tell($"The run goes on. Watch it again with: runs watch {id}; end it with: runs cancel {id}");
            return Exit.Interrupted;
        }
    }

    private static Task<JsonNode> Row(Server server, string id, CancellationToken cancel) => server.Get($"/runs/{Uri.EscapeDataString(id)}", cancel);

    // A server that restarts is waited for.
    private static async Task<JsonNode> Again(Server server, string id, Printer print, CancellationToken cancel)
    {
        var lost = print.Time.GetTimestamp();
        while (true)
            try
            {
                return await Row(server, id, cancel);
            }
            catch (UnreachableException) when (print.Time.GetElapsedTime(lost) < Patience)
            {
                await Task.Delay(TimeSpan.FromSeconds(2), print.Time, cancel);
            }
    }

    private static bool Over(JsonNode row) => Ended.Contains((string?)row["status"]);

    // Until the end of the run or of the connection; gives the number of the last event.
    private static async Task<long> Listen(Server server, string id, long after, Printer print, CancellationToken cancel)
    {
        var seen = after;
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        quiet.CancelAfter(Quiet);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, server.Address($"/runs/{Uri.EscapeDataString(id)}/events")) { Headers = { { "Accept", "text/event-stream" } } };
            if (seen > 0) request.Headers.Add("Last-Event-ID", seen.ToString(CultureInfo.InvariantCulture));
            using var answer = await server.Once(request, quiet.Token);
            await using var stream = new Heard(await answer.Content.ReadAsStreamAsync(quiet.Token), () => quiet.CancelAfter(Quiet));
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(quiet.Token))
            {
                var envelope = JsonNode.Parse(item.Data)!;
                seen = Math.Max(seen, (long)envelope["seq"]!);
                if (print.Json) print.Compact(envelope);
                else if (Words(envelope) is { } words) print.Line(words);
                if ((string?)envelope["type"] == "statusChanged" && Ended.Contains((string?)envelope["data"]!["to"])) break;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or UnreachableException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            print.Tell("The connection broke; trying again.");
        }

        // The row follows the log by a moment; after a cut the server gets a moment too.
        await Task.Delay(TimeSpan.FromSeconds(0.3), print.Time, cancel);
        return seen;
    }

    private static string? Words(JsonNode envelope)
    {
        var data = envelope["data"]!;
        return (string?)envelope["type"] switch
        {
            "statusChanged" => $"{data["from"]} -> {data["to"]}",
            "epochCompleted" => string.Create(CultureInfo.InvariantCulture,
                $"epoch {data["epoch"]}/{data["epochs"]}  loss {(double?)data["values"]?["train.loss"]:0.000}  {(double)data["imagesPerSecond"]!:0} images/s"),
            "probeCompleted" => "  " + string.Join("  ", data["values"]!.AsObject().OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key.Replace("probe.", "", StringComparison.Ordinal)} {Printer.Percent(v.Value)}")),
            "attackResult" when (long)data["done"]! == (long)data["total"]! => $"{data["attack"]}  {Printer.Percent(data["accuracy"])}  [{Printer.Percent(data["low"])}, {Printer.Percent(data["high"])}]",
            "importProgress" => null,
            "failed" => $"{data["code"]}: {data["message"]}",
            "log" when (string?)data["level"] != "info" => $"{data["level"]}: {data["text"]}",
            _ => null,
        };
    }

    /// <summary>Tells of every byte that comes, so that a stream with nothing but comments counts as alive.</summary>
    private sealed class Heard(Stream inner, Action heard) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel = default)
        {
            var read = await inner.ReadAsync(buffer, cancel);
            heard();
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
