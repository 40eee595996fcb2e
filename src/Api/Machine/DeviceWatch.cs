using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Options;
using WebLab.Api.Queue;
using WebLab.Engine.Cli;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Machine;

/// <summary>Asks the engine for its devices: once, and every half minute where there is one with memory of its own.</summary>
public sealed class DeviceWatch(IOptions<QueueOptions> queue, TimeProvider time, ILogger<DeviceWatch> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30), Patience = TimeSpan.FromMinutes(1);
    private volatile DeviceReport? _latest;

    /// <summary>Null until the engine has answered, or when it cannot start.</summary>
    public DeviceReport? Latest => _latest;

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                _latest = await Ask(stopping);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                log.LogWarning(e, "The engine cannot say which devices there are; './lab doctor' shows what is missing");
            }
        }
        while (_latest?.Devices.Any(d => d.TotalBytes is not null) == true && await timer.WaitForNextTickAsync(stopping));
    }

    private async Task<DeviceReport?> Ask(CancellationToken stopping)
    {
        var program = WorkerProcess.Program(queue.Value);
        using var process = Process.Start(new ProcessStartInfo(program[0], program.Skip(1).Append("devices")) { RedirectStandardOutput = true, UseShellExecute = false })!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(Patience);
        try
        {
            var said = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return JsonSerializer.Deserialize<DeviceReport>(said, JobJson.Options);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
