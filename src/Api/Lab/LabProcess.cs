using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WebLab.Api.Queue;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lab;

namespace WebLab.Api.Lab;

/// <summary>The worker ended or failed on a request; <see cref="Code"/> is one of <see cref="LabReply"/>'s, or <c>died</c>.</summary>
internal sealed class LabFailure(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>One life of the resident worker: requests to its input, replies from its output to whoever waits for them.</summary>
internal sealed class LabProcess : IDisposable
{
    private readonly Process _process;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<string, Waiter> _waiting = new();
    private volatile bool _ended;

    private LabProcess(Process process, ILogger log)
    {
        (_process, _log) = (process, log);
        _ = Listen();
        _ = Drain();
    }

    /// <summary>Starts <c>weblab lab</c>. When memory ends the kernel takes it before the server and before training.</summary>
    public static LabProcess Start(QueueOptions queue, LabOptions options, string data, ILogger log)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["WEBLAB_DATA"] = data;
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("""echo 700 >/proc/self/oom_score_adj 2>/dev/null; exec "$@" """);
        start.ArgumentList.Add("lab");
        string[] arguments =
        [
            "lab", "--device", options.Device, "--idle", options.IdleSeconds.ToString(CultureInfo.InvariantCulture),
            "--model-bytes", options.ModelBytes.ToString(CultureInfo.InvariantCulture), "--resident-bytes", options.ResidentBytes.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (var argument in WorkerProcess.Program(queue).Concat(arguments))
            start.ArgumentList.Add(argument);
        return new LabProcess(Process.Start(start) ?? throw new LabFailure("died", "the lab worker could not be started"), log);
    }

    public int Pid => _process.Id;

    /// <summary>Whether it can take a request.</summary>
    public bool Lives => !_ended && !_process.HasExited;

    /// <summary>Sends a request; the task ends with the worker's result or a <see cref="LabFailure"/>.</summary>
    public Task<LabResult> Send(LabRequest request, Action<LabStep> onStep)
    {
        var waiter = new Waiter(new TaskCompletionSource<LabResult>(TaskCreationOptions.RunContinuationsAsynchronously), onStep);
        _waiting[request.Id] = waiter;
        if (!TryWrite(request) || _ended)
            Fail(request.Id, "died", "the lab worker has ended");
        return waiter.Done.Task;
    }

    /// <summary>Asks for an end of a request; it then fails as <c>cancelled</c>.</summary>
    public void Cancel(string id) => TryWrite(new LabRequest(id, LabRequest.CancelVerb));

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private bool TryWrite(LabRequest request)
    {
        try
        {
            lock (_waiting)
            {
                _process.StandardInput.WriteLine(JsonSerializer.Serialize(request, JobJson.Options));
                _process.StandardInput.Flush();
            }
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return false;
        }
    }

    private async Task Listen()
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
                Take(line);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException)
        {
            _log.LogDebug(e, "The lab worker's output ended");
        }
        finally
        {
            _ended = true;
            foreach (var id in _waiting.Keys)
                Fail(id, "died", "the lab worker ended while it worked on this");
        }
    }

    private void Take(string line)
    {
        LabReply? reply;
        try
        {
            reply = JsonSerializer.Deserialize<LabReply>(line, JobJson.Options);
        }
        catch (JsonException)
        {
            _log.LogWarning("The lab worker wrote what is no reply: {Line}", line.Length > 200 ? line[..200] : line);
            return;
        }
        if (reply is { Type: "step", Step: { } step } && _waiting.TryGetValue(reply.Id, out var waiter))
            waiter.OnStep(step);
        else if (reply is { Type: "done", Result: { } result } && _waiting.TryRemove(reply.Id, out var done))
            done.Done.TrySetResult(result);
        else if (reply is { Type: "failed" })
            Fail(reply.Id, reply.Code ?? "unknown", reply.Message ?? "no reason given");
    }

    private void Fail(string id, string code, string message)
    {
        if (_waiting.TryRemove(id, out var waiter))
            waiter.Done.TrySetException(new LabFailure(code, message));
    }

    private async Task Drain()
    {
        try
        {
            while (await _process.StandardError.ReadLineAsync() is { } line)
                _log.LogInformation("lab worker: {Line}", line);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ObjectDisposedException)
        {
            _log.LogDebug(e, "The lab worker's errors ended");
        }
    }

    private sealed record Waiter(TaskCompletionSource<LabResult> Done, Action<LabStep> OnStep);
}
