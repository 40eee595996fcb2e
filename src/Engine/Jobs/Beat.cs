using System.Text.Json;

namespace WebLab.Engine.Jobs;

/// <summary>A worker's sign of life. <paramref name="At"/> moves while the process lives, <paramref name="StepAt"/>
/// while it gets on: a hang shows as the second standing still.</summary>
/// <param name="At">When the beat was written.</param>
/// <param name="Pid">Process id of the worker.</param>
/// <param name="Step">Pieces of work done so far: attack steps, optimiser steps, batches.</param>
/// <param name="StepAt">When <paramref name="Step"/> last moved.</param>
/// <param name="Fence">The attempt's number.</param>
public sealed record Beat(DateTimeOffset At, int Pid, long Step, DateTimeOffset StepAt, int Fence)
{
    /// <summary>The last beat of an attempt; null before the first.</summary>
    public static Beat? Read(AttemptFolder attempt)
    {
        try
        {
            return JsonSerializer.Deserialize<Beat>(File.ReadAllBytes(attempt.Beat), JobJson.Options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}
