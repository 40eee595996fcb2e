using System.Text.Json;

namespace WebLab.Engine.Jobs;

/// <summary>One line of <c>control.jsonl</c>.</summary>
/// <param name="Name"><c>pause</c>, <c>cancel</c> or <c>yield</c>.</param>
/// <param name="Seconds">With <c>yield</c>: how long the processors belong to somebody else.</param>
public sealed record Command([property: System.Text.Json.Serialization.JsonPropertyName("command")] string Name, double? Seconds = null)
{
    /// <summary>Finish the batch, save a checkpoint, exit.</summary>
    public static Command Pause { get; } = new("pause");

    /// <summary>Stop between two attack steps, keep the last checkpoint, exit.</summary>
    public static Command Cancel { get; } = new("cancel");

    /// <summary>Rest for some seconds between two attack steps.</summary>
    public static Command Yield(double seconds) => new("yield", seconds);

    /// <summary>The server's end: appends the command to the attempt's control file.</summary>
    public void Send(AttemptFolder attempt)
    {
        Directory.CreateDirectory(attempt.Path);
        using var file = new FileStream(attempt.Control, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write([.. JobJson.Bytes(this), (byte)'\n']);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Null if the line is not a command.</summary>
    public static Command? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<Command>(line, JobJson.Options) is { Name: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
