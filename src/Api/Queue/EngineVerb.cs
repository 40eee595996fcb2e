using System.Diagnostics;
using Microsoft.Extensions.Options;

namespace WebLab.Api.Queue;

/// <summary>Short work of the engine that is no job, such as an export: one process at a time, never in the server itself.</summary>
public sealed class EngineVerb(IOptions<QueueOptions> options, ILogger<EngineVerb> log) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Runs <c>weblab ARGUMENTS</c> to its end.</summary>
    /// <param name="arguments">The verb and what follows it.</param>
    /// <param name="cancel">Kills the process.</param>
    /// <returns>Null when it ended well, else what it said.</returns>
    public async Task<string?> Run(IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var command = WorkerProcess.Program(options.Value).Concat(arguments).ToArray();
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })
                ?? throw new InvalidOperationException("the engine could not be started");
            await using var killing = cancel.Register(() => process.Kill(entireProcessTree: true));
            var (said, told) = (process.StandardError.ReadToEndAsync(CancellationToken.None), process.StandardOutput.ReadToEndAsync(CancellationToken.None));
            await process.WaitForExitAsync(CancellationToken.None);
            await told;
            cancel.ThrowIfCancellationRequested();
            if (process.ExitCode == 0) return null;
            log.LogWarning("weblab {Verb} ended with {Code}: {Said}", arguments[0], process.ExitCode, await said);
            return (await said).Trim() is { Length: > 0 } words ? words : $"the engine ended with {process.ExitCode}";
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
