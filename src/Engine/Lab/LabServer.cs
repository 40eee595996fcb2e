using System.Collections.Concurrent;
using System.Text.Json;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Lab;

/// <summary>Limits of the resident worker.</summary>
/// <param name="Idle">It ends after this long without a request; the server starts another when one comes.</param>
/// <param name="ModelBytes">Bytes of networks kept warm.</param>
/// <param name="ResidentBytes">Above this resident size after an attack, networks are let go; if that does not help the process ends.</param>
public sealed record LabLimits(TimeSpan Idle, long ModelBytes, long ResidentBytes);

/// <summary>
/// The resident worker behind <c>weblab lab</c>: requests come in as JSON lines, one attack runs at a time, replies go out as JSON lines.
/// A second thread reads, so that a cancel arrives in mid-attack; the end of the input ends the process.
/// </summary>
public sealed class LabServer(TextReader input, TextWriter output, Device device, LabLimits limits)
{
    private readonly BlockingCollection<LabRequest> _waiting = [];
    private readonly ConcurrentDictionary<string, bool> _cancelled = new();
    private readonly object _writing = new();

    /// <summary>Serves until the input ends or nothing has come for the idle time.</summary>
    public void Run()
    {
        new Thread(ReadAll) { IsBackground = true, Name = "lab input" }.Start();
        using var models = new WarmModels(device, limits.ModelBytes);
        while (_waiting.TryTake(out var request, limits.Idle))
        {
            Answer(request, models);
            _cancelled.TryRemove(request.Id, out _);
            if (Environment.WorkingSet <= limits.ResidentBytes)
                continue;
            models.Clear();
            GC.Collect();
            if (Environment.WorkingSet > limits.ResidentBytes)
                return;
        }
    }

    private void ReadAll()
    {
        try
        {
            while (input.ReadLine() is { } line)
                Take(line);
        }
        finally
        {
            _waiting.CompleteAdding();
        }
    }

    private void Take(string line)
    {
        try
        {
            if (JsonSerializer.Deserialize<LabRequest>(line, JobJson.Options) is not { } request)
                return;
            if (request.Verb == LabRequest.CancelVerb)
                _cancelled[request.Id] = true;
            else
                _waiting.Add(request);
        }
        catch (JsonException e)
        {
            Write(new LabReply("", "failed", Code: "bad-request", Message: e.Message));
        }
    }

    private void Answer(LabRequest request, WarmModels models)
    {
        try
        {
            var attack = request.Attack ?? throw new ArgumentException($"verb '{request.Verb}' without an attack");
            Stop(request.Id);
            var theatre = new Theatre(models.Get(attack.Checkpoint), device, step =>
            {
                Stop(request.Id);
                Write(new LabReply(request.Id, "step", Step: step));
            });
            Write(new LabReply(request.Id, "done", Result: theatre.Play(attack)));
        }
        catch (Exception e)
        {
            Write(new LabReply(request.Id, "failed", Code: CodeOf(e), Message: e.Message));
        }
    }

    private void Stop(string id)
    {
        if (_cancelled.ContainsKey(id))
            throw new OperationCanceledException("the attack was cancelled");
    }

    private static string CodeOf(Exception e) => e switch
    {
        OperationCanceledException => "cancelled",
        InvalidDataException or IOException => "checkpoint",
        ArgumentException => "bad-request",
        TorchException when e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) => "oom",
        OutOfMemoryException => "oom",
        _ => "unknown",
    };

    private void Write(LabReply reply)
    {
        lock (_writing)
        {
            output.WriteLine(JsonSerializer.Serialize(reply, JobJson.Options));
            output.Flush();
        }
    }
}
