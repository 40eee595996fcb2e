using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Queue;
using WebLab.Api.Store.Entities;
using WebLab.Api.Tests.Store;
using WebLab.Engine.Jobs;
using WebLab.Engine.Recipes;
using WebLab.FakeWorker;
using Xunit;

namespace WebLab.Api.Tests.Queue;

/// <summary>Kills with SIGKILL: the real engine under the supervisor, the real server over its workers.</summary>
public sealed class RealProcessTests : IDisposable
{
    private readonly TempData _temp = new();

    public void Dispose()
    {
        Workshop.KillWorkers(_temp.Data);
        _temp.Dispose();
    }

    [Fact]
    public async Task A_run_whose_worker_is_killed_ends_with_the_same_weights_and_state_as_an_undisturbed_one()
    {
        await using var shop = await new Workshop(o => (o.Worker, o.Threads) = ([], 1), _temp).Start();
        var undisturbed = await Train(shop);
        await shop.Until(undisturbed.Id, RunStatus.Completed);
        var killed = await Train(shop);
        await shop.Until(killed.Id, e => e.Type == "checkpointSaved");
        using (var worker = Process.GetProcessById(shop.WorkerPid(killed.Id))) worker.Kill();
        var done = await shop.Until(killed.Id, RunStatus.Completed);
        shop.AssertWhole(killed.Id);
        Assert.Equal(2, done.AttemptCount);
        Assert.Equal(Last(shop, undisturbed.Id), Last(shop, killed.Id));
    }

    [Fact]
    public async Task A_server_that_is_killed_again_and_again_loses_no_event_of_a_worker_that_lives_on()
    {
        string id;
        await using (var shop = new Workshop(on: _temp)) id = (await shop.Queue(new Script(Epochs: 6, StepsPerEpoch: 100, StepMs: 25))).Id;
        _temp.Close();
        var log = new RunLog(_temp.Data);
        foreach (var enough in (int[])[5, 40, 90])
        {
            using var server = Serve();
            await Reaches(log, id, enough);
            server.Kill();
            await server.WaitForExitAsync(Cancel);
        }
        await using var last = await new Workshop(on: _temp).Start();
        await last.Until(id, RunStatus.Completed);
        last.AssertWhole(id);
        Assert.Equal(["queued", "starting", "running", "finishing", "completed"], last.Course(id));
        Assert.Equal(Enumerable.Range(1, 600).Select(i => (long)i), last.Log.Read(id, 0).Where(e => e.Type == "metrics").Select(e => e.Read<MetricsPoint>().Step));
        Assert.Equal(1, last.Row(id).AttemptCount);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<Run> Train(Workshop shop)
    {
        var recipe = RecipeJson.Read(JsonNode.Parse("""
            {
              "data": { "id": "shapes32", "trainLimit": 640, "augment": [ { "kind": "pad-crop" }, { "kind": "flip" } ] }, "model": { "kind": "tinycnn" },
              "method": { "kind": "pgd-at", "attack": { "kind": "pgd", "steps": 2 } }, "optimizer": { "kind": "sgd" }, "schedule": { "kind": "constant" },
              "training": { "epochs": 4, "batchSize": 64 }, "probe": { "samples": 64 }, "device": "cpu"
            }
            """)).Recipe!;
        return shop.Intake.Queue(new NewRun(RunKind.Train, "real", RecipeJson.Canonical(recipe)), shop.Cancel);
    }

    private static string Last(Workshop shop, string runId)
    {
        using var read = shop.Temp.Store.Read();
        var folder = shop.Keeper.Folder(read.Checkpoints.Single(c => c.Id == shop.Row(runId).LastCheckpointId));
        return string.Join(' ', Directory.GetFiles(folder, "*.safetensors").Order().Select(f => $"{Path.GetFileName(f)}={Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}"));
    }

    private Process Serve()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = false, WorkingDirectory = _temp.Data.Root };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "WebLab.Api.dll"));
        start.ArgumentList.Add("--urls=http://127.0.0.1:0");
        start.Environment["WEBLAB_DATA"] = _temp.Data.Root;
        start.Environment["Logging__LogLevel__Default"] = "Error";
        start.Environment["WebLab__Queue__MinFreeBytes"] = "0";
        foreach (var (part, i) in Workshop.FakeWorker().Select((p, i) => (p, i))) start.Environment[$"WebLab__Queue__Worker__{i}"] = part;
        return Process.Start(start)!;
    }

    // Another process writes the log, so no bell rings here: look every so often.
    private static async Task Reaches(RunLog log, string id, int steps)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (log.Read(id, 0).Count(e => e.Type == "metrics") < steps) await timer.WaitForNextTickAsync(Cancel);
    }
}
