using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Http;
using WebLab.Engine.Jobs;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Queue;

/// <summary>The whole product with the fake worker in the place of the engine.</summary>
public static class LabServer
{
    public static Server New()
    {
        var worker = Workshop.FakeWorker();
        return new Server().With("WebLab:Queue:Worker:0", worker[0]).With("WebLab:Queue:Worker:1", worker[1])
            .With("WebLab:Queue:Poll", "00:00:00.02").With("WebLab:Queue:MinFreeBytes", "0");
    }

    public static Task<Run> Queue(Server server, Script script) => server.Services.GetRequiredService<Intake>()
        .Queue(new NewRun(RunKind.Train, "test", JsonSerializer.Serialize(script, JobJson.Options)), TestContext.Current.CancellationToken);

    public static async Task<RunEvent> Until(RunLog log, string runId, Func<RunEvent, bool> fits)
    {
        await foreach (var e in log.Watch(runId, 0, TestContext.Current.CancellationToken))
            if (fits(e)) return e;
        throw new InvalidOperationException("the log ended");
    }

    public static Task<RunEvent> Until(Server server, string runId, RunStatus status) => Until(server.Services.GetRequiredService<RunLog>(), runId,
        e => e.Type == StatusChanged.Type && e.Read<StatusChanged>().To == Journal.Word(status));
}
