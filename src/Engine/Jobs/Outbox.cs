using System.Text.Json;

namespace WebLab.Engine.Jobs;

/// <summary>One line of an outbox: <c>{"at","type","data"}</c>.</summary>
public sealed record OutboxLine(DateTimeOffset At, string Type, JsonElement Data)
{
    /// <summary>Reads one whole line; null if it is not one of ours (a disk error, a foreign hand).</summary>
    public static OutboxLine? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            var read = JsonSerializer.Deserialize<OutboxLine>(line, JobJson.Options);
            return read is { Type: not null } ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public T Read<T>() where T : EventData => Data.Deserialize<T>(JobJson.Options)!;
}

/// <summary>
/// The worker's end of the log: appends one JSON line an event, durable ones with fsync, then rings the bell.
/// Safe from several threads.
/// </summary>
public sealed class Outbox : IDisposable
{
    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private readonly Action<EventData>? _bell;
    private readonly Lock _gate = new();

    public Outbox(AttemptFolder attempt, TimeProvider time, Action<EventData>? bell = null)
    {
        Directory.CreateDirectory(attempt.Path);
        _file = new FileStream(attempt.Outbox, FileMode.Append, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
        Durable.SyncFolder(attempt.Path);
        _time = time;
        _bell = bell;
    }

    /// <summary>Appends one event. A line that could not be written whole is taken back before the error goes on.</summary>
    /// <exception cref="IOException">The disk is full or gone.</exception>
    public void Append(EventData data)
    {
        lock (_gate)
        {
            var start = _file.Length;
            try
            {
                _file.Write(Line(data));
                if (data.Keeping == Keeping.Durable) _file.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
                _file.SetLength(start);
                throw;
            }
        }
        _bell?.Invoke(data);
    }

    public void Log(string text, string level = "info") => Append(new LogLine(level, text));

    public void Dispose() => _file.Dispose();

    private byte[] Line(EventData data)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JobJson.Options.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("at", _time.GetUtcNow());
            json.WriteString("type", data.Type);
            json.WritePropertyName("data");
            JsonSerializer.Serialize(json, data, data.GetType(), JobJson.Options);
            json.WriteEndObject();
        }
        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }
}
