using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Engine.Data;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Datasets;

/// <summary>The process <c>weblab preview</c>: started when first asked, one question at a time, gone after a quiet minute or a wrong answer.</summary>
internal sealed class PreviewProcess(IOptions<QueueOptions> queue, string data, TimeProvider time, ILogger log) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Quiet = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _turn = new(1);
    private Process? _process;
    private ITimer? _idle;

    /// <exception cref="Refusal">503: it did not answer.</exception>
    public async Task<PreviewReply> Ask(PreviewRequest request, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            var process = _process is { HasExited: false } living ? living : Start();
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request, JobJson.Options).AsMemory(), patience.Token);
            await process.StandardInput.FlushAsync(patience.Token);
            var line = await process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new IOException("it ended");
            var reply = JsonSerializer.Deserialize<PreviewReply>(line, JobJson.Options) ?? throw new JsonException("got null");
            _idle ??= time.CreateTimer(_ => Rest(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _idle.Change(Quiet, Timeout.InfiniteTimeSpan);
            return reply;
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or OperationCanceledException)
        {
            // An answer that still comes would be taken for the next one's.
            Close();
            cancel.ThrowIfCancellationRequested();
            log.LogWarning(e, "The process that previews augmentations did not answer");
            throw new Refusal(ProblemKinds.Unavailable, "the engine did not answer; try again") { RetryAfter = TimeSpan.FromSeconds(2) };
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _idle?.Dispose();
        Close();
        _turn.Dispose();
    }

    private Process Start()
    {
        Close();
        var program = WorkerProcess.Program(queue.Value);
        var start = new ProcessStartInfo(program[0], program.Skip(1).Append("preview")) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["WEBLAB_DATA"] = data;
        return _process = Process.Start(start) ?? throw new IOException("it could not be started");
    }

    private void Rest()
    {
        if (!_turn.Wait(0)) return;
        try
        {
            Close();
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Close()
    {
        if (_process is not { } process) return;
        _process = null;
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }

        process.Dispose();
    }
}
