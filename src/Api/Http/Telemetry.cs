using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace WebLab.Api.Http;

/// <summary>Sends the meters by OTLP, only when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector. Nothing leaves the machine otherwise.</summary>
public sealed class Telemetry(IConfiguration configuration) : IHostedService, IDisposable
{
    /// <summary>Every meter of the product starts with this.</summary>
    public const string Meters = "weblab*";

    private MeterProvider? _provider;

    public Task StartAsync(CancellationToken cancel)
    {
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
