using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using WebLab.Api.Store;

namespace WebLab.Api.Http;

/// <summary>Sends the meters by OTLP, only when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector. Nothing leaves the machine otherwise.</summary>
public sealed class Telemetry(IConfiguration configuration, LabStore store, IMeterFactory meters) : IHostedService, IDisposable
{
    /// <summary>Every meter of the product starts with this.</summary>
    public const string Meters = "weblab*";

    private MeterProvider? _provider;

    public Task StartAsync(CancellationToken cancel)
    {
        meters.Create("weblab").CreateObservableGauge("weblab.db.write.queue", () => store.Waiting, "{change}", "Changes that wait for the single writer.");
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
            _provider = Sdk.CreateMeterProviderBuilder()
                .AddMeter(Meters, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter()
                .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancel)
    {
        _provider?.ForceFlush(2000);
        return Task.CompletedTask;
    }

    public void Dispose() => _provider?.Dispose();
}
