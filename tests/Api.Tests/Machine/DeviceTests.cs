using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WebLab.Api.Machine;
using WebLab.Api.Queue;
using Xunit;

namespace WebLab.Api.Tests.Machine;

public sealed class DeviceTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_engine_names_its_libraries_and_the_processor()
    {
        using var watch = new DeviceWatch(Options.Create(new QueueOptions()), TimeProvider.System, NullLogger<DeviceWatch>.Instance);
        await watch.StartAsync(TestContext.Current.CancellationToken);
        while (watch.Latest is null)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.NotEmpty(watch.Latest.Libtorch);
        Assert.NotNull(watch.Latest.OpenCv);
        Assert.Equal("cpu", watch.Latest.Devices[0].Id);
        await watch.StopAsync(TestContext.Current.CancellationToken);
    }
}
