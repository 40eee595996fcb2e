using System.Diagnostics;
using System.Text;
using WebLab.Engine.Attacks;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Recipes;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly SmallRun _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void A_run_tells_what_the_architecture_page_promises()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("run", SmallRun.Recipe(), checkpointSeconds: 600));
        var events = _runs.Events("run");

        Assert.Equal("attemptStarted", events[0].Type);
        Assert.Equal("completed", events[^1].Read<Finished>().Outcome);
        Assert.Equal([1, 2], Of<EpochCompleted>(events, "epochCompleted").Select(e => e.Epoch));
        Assert.All(Of<EpochCompleted>(events, "epochCompleted"), e => Assert.Equal(["lr", "train.accuracy", "train.loss", "train.robustAccuracy"], e.Values.Keys.Order()));
        Assert.All(Of<ProbeCompleted>(events, "probeCompleted"), e => Assert.Equal(["probe.clean", "probe.pgd2"], e.Values.Keys.Order()));
        Assert.Equal([2, 4, 6, 8], Of<MetricsPoint>(events, "metrics").Select(e => e.Step));
        Assert.Equal(["best-clean", "best-robust", "last"], Of<CheckpointSaved>(events, "checkpointSaved").First().Kept.Order());
        Assert.All(Of<SampleImages>(events, "sampleImages").SelectMany(e => e.Items),
            i => Assert.True(File.Exists(Path.Combine(_runs.Folder("run").Images, i.Delta))));
    }

    [Fact]
    public void An_epoch_tells_what_the_method_has_learned_beside_the_network()
    {
        Assert.Equal(ExitCode.Done, _runs.Train("run", SmallRun.Recipe(new LearnedAlfaOptions { Locations = ["stage1", "stage3"], Steps = 1 }), checkpointSeconds: 600));
        var events = _runs.Events("run");
        foreach (var values in Of<EpochCompleted>(events, "epochCompleted").Select(e => e.Values))
        {
            Assert.Equal(1, values["train.w.stage1"] + values["train.w.stage3"], 5);
            Assert.True(values["train.shift.stage1"] > 0);
            Assert.Equal(values["train.loss"], (0.5 * (values["train.loss.adv"] + values["train.loss.clean"])) + values["train.loss.l1"], 4);
        }
        Assert.All(Of<MetricsPoint>(events, "metrics"), e => Assert.True(e.Values["train.loss.clean"] > 0));
    }

    [Fact]
    public void A_loss_that_explodes_stops_with_its_code()
    {
        var recipe = SmallRun.Recipe(new StandardOptions()) with { Optimizer = new SgdOptions { Lr = 10, WeightDecay = 1 }, Schedule = new ConstantOptions() };
        recipe = recipe with { Training = recipe.Training with { ClipNorm = null, Epochs = 400 }, Probe = new ProbeSection { Every = 0 } };
        Assert.Equal(ExitCode.NanLoss, _runs.Train("nan", recipe, checkpointSeconds: 600));
        var failed = _runs.Events("nan")[^1].Read<Failed>();
        Assert.Equal(FailureCode.NanLoss, failed.Code);
        Assert.NotNull(failed.Suggestion);
    }

    [Fact]
    public void A_batch_larger_than_the_data_and_data_that_is_not_there_are_named()
    {
        var recipe = SmallRun.Recipe();
        Assert.Equal(ExitCode.BadRecipe, _runs.Train("large", recipe with { Training = recipe.Training with { BatchSize = 81 } }));
        Assert.Contains("training.batchSize", _runs.Events("large")[^1].Read<Failed>().Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.DatasetMissing, _runs.Train("none", recipe with { Data = new DataSection { Id = "nowhere" } }));
        Assert.Equal(ExitCode.BadRecipe, _runs.Train("stage", recipe with { Method = new AlfaOptions { Locations = ["layer9"] } }));
        Assert.Contains("layer9", _runs.Events("stage")[^1].Read<Failed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_crop_is_what_the_network_sees_and_what_its_checkpoint_says()
    {
        var recipe = SmallRun.Recipe();
        recipe = recipe with { Data = recipe.Data with { Crop = 24, Augment = [new RandomResizedCropOptions { MinArea = 0.5 }, new FlipOptions()] } };
        Assert.Equal(ExitCode.Done, _runs.Train("crop", recipe, checkpointSeconds: 600));
        Assert.Equal((32, 32, 24), _runs.Last("crop").Data is var d ? (d.Height, d.Width, d.Crop) : default);
        var shown = Of<SampleImages>(_runs.Events("crop"), "sampleImages")[0].Items[0];
        var png = File.ReadAllBytes(Path.Combine(_runs.Folder("crop").Images, shown.Clean));
        Assert.Equal((24, 24), ImageHeader.Read(png, ImageLimits.Default) is var h ? (h.Width, h.Height) : default);

        Assert.Equal(ExitCode.BadRecipe, _runs.Train("wide", recipe with { Data = recipe.Data with { Crop = 33 } }));
        Assert.Contains("data.crop: 33 exceeds the 32 x 32 pixels of 'shapes32'", _runs.Events("wide")[^1].Read<Failed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancel_strikes_inside_a_step_that_would_last_minutes()
    {
        var recipe = SmallRun.Recipe(new PgdAtOptions { Attack = new PgdOptions { Steps = 10_000 } });
        Assert.Equal(ExitCode.Done, _runs.Train("long", recipe, bell: e =>
        {
            if (e is AttemptStarted) Command.Cancel.Send(_runs.Folder("long").Attempt(1));
        }));
        Assert.Equal(["attemptStarted", "finished"], _runs.Events("long").Select(e => e.Type));
        Assert.Equal("cancelled", _runs.Events("long")[^1].Read<Finished>().Outcome);
    }

    [Fact]
    public void Held_out_images_are_never_trained_on()
    {
        using var data = new TrainingData(DatasetShelf.In(_runs.Data).Open(Shapes32.Id), SmallRun.Recipe(), WebLab.Engine.Torch.Device.Cpu);
        Assert.Equal(16, data.HeldOut.Length);
        for (var epoch = 1; epoch < 4; epoch++)
        {
            var order = data.Order(new WebLab.Engine.Random.Rng(1), epoch);
            Assert.Equal(64, order.Distinct().Count());
            Assert.Empty(order.Intersect(data.HeldOut));
        }
    }

    [Fact]
    public void A_worker_process_killed_by_the_kernel_loses_nothing()
    {
        var recipe = SmallRun.Recipe();
        Assert.Equal(ExitCode.Done, _runs.Train("whole", recipe));
        var folder = _runs.Folder("killed");
        new JobSpec("train", 2, _runs.Data, 1e-9).Write(folder);
        Durable.Replace(folder.Recipe, Encoding.UTF8.GetBytes(RecipeJson.Canonical(recipe)));
        using (var worker = Process.Start(new ProcessStartInfo("dotnet", [typeof(TrainJob).Assembly.Location, "work", folder.Path, "--attempt", "1"])
            { RedirectStandardOutput = true })!)
        {
            for (var saved = 0; saved < 3 && worker.StandardOutput.ReadLine() is { } line;)
                if (line == "checkpointSaved") saved++;
            worker.Kill();
            worker.WaitForExit();
            Assert.Equal(FailureCode.WorkerLost, ExitCode.Meaning(worker.ExitCode));
        }
        Assert.Equal(ExitCode.Done, _runs.Train("killed", recipe, 2));
        Assert.Equal(_runs.Last("whole").StateHash(), _runs.Last("killed").StateHash());
    }

    private static List<T> Of<T>(List<OutboxLine> events, string type) where T : EventData =>
        [.. events.Where(e => e.Type == type).Select(e => e.Read<T>())];
}
