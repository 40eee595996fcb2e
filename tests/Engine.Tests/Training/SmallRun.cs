using System.Text;
using WebLab.Engine.Attacks;
using WebLab.Engine.Cli;
using WebLab.Engine.Data;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Recipes;
using WebLab.Engine.Tests.Data;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Training;

/// <summary>A training run of seconds, in a folder of its own: 80 drawn images, tinycnn, batches of 16.</summary>
public sealed class SmallRun : IDisposable
{
    private readonly TempFolder _temp = new();

    public SmallRun(int train = 80, int test = 32) => Drawn.Shapes(_temp.Path, train, test);

    public string Data => _temp.Path;

    /// <summary>The smallest recipe with everything on that a checkpoint must hold.</summary>
    public static Recipe Recipe(MethodOptions? method = null, int epochs = 2) => new()
    {
        Data = new DataSection { Id = Shapes32.Id, Augment = [new PadCropOptions(), new FlipOptions()] },
        Model = new TinyCnnOptions(),
        Method = method ?? new PgdAtOptions { Attack = new PgdOptions { Steps = 2 } },
        Optimizer = new SgdOptions { Lr = 0.05 },
        Schedule = new CosineOptions(),
        Training = new TrainingSection { Epochs = epochs, BatchSize = 16, ClipNorm = 1, AverageDecay = 0.9, LogEvery = 2 },
        Probe = new ProbeSection { Samples = 16, Attack = new PgdOptions { Steps = 2 } },
        Seed = 3,
    };

    public JobFolder Folder(string name) => new(Path.Combine(_temp.Path, "runs", name));

    /// <summary>Runs an attempt in this process.</summary>
    /// <param name="bell">Called after each event; what it throws ends the attempt as a kill would, without a checkpoint.</param>
    /// <returns>The exit code.</returns>
    public int Train(string name, Recipe recipe, int attempt = 1, Action<EventData>? bell = null, double checkpointSeconds = 1e-9)
    {
        var folder = Folder(name);
        new JobSpec("train", 2, _temp.Path, checkpointSeconds).Write(folder);
        Durable.Replace(folder.Recipe, Encoding.UTF8.GetBytes(RecipeJson.Canonical(recipe)));
        return Worker.Run(folder, attempt, JobKinds.All, TimeProvider.System, bell, TextWriter.Null);
    }

    public CheckpointManifest Last(string name) => Checkpoints.Verify(new Checkpoints(Folder(name).Checkpoints).Find(Kept.Last));

    public List<OutboxLine> Events(string name, int attempt = 1) =>
        [.. LineTail.Read(Folder(name).Attempt(attempt).Outbox, 0).Select(l => OutboxLine.Parse(l.Bytes.Span)!)];

    public void Dispose() => _temp.Dispose();
}
