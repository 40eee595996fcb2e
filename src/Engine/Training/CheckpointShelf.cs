using System.Text.Json;
using WebLab.Engine.Catalog;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Recipes;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>Saves a running course and brings it back: every tensor that the next step depends on, and the position.</summary>
public sealed class CheckpointShelf(Course course, Job job)
{
    private readonly Checkpoints _checkpoints = new(job.Folder.Checkpoints);
    private long _savedAt = job.Time.GetTimestamp();

    /// <summary>So much time has passed that a kill would now cost too much.</summary>
    public bool Due => job.Time.GetElapsedTime(_savedAt).TotalSeconds >= job.Spec.CheckpointSeconds;

    /// <param name="position">Where the run stands, between two steps.</param>
    /// <param name="tags">Tags beside <c>last</c>.</param>
    public void Save(Position position, IReadOnlyList<string> tags)
    {
        var files = new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
        {
            [Checkpoints.Weights] = course.Network.Tensors(),
            [Checkpoints.State] = State(),
        };
        if (course.Averages is { } averages) files[Checkpoints.Average] = averages.Tensors;
        var manifest = _checkpoints.Save(Describe(position), files, tags);
        _savedAt = job.Time.GetTimestamp();
        job.Outbox.Append(new CheckpointSaved(manifest.Name, manifest.Epoch, manifest.Step, manifest.Files.Sum(f => f.Bytes),
            manifest.Files.First(f => f.Name == Checkpoints.Weights).Sha256, [Kept.Last, .. tags]));
    }

    /// <summary>Loads the newest whole checkpoint; null when there is none.</summary>
    /// <exception cref="JobFailure"><c>bad-recipe</c>: the checkpoint belongs to another recipe.</exception>
    public CheckpointManifest? Restore()
    {
        if (_checkpoints.Newest(text => job.Outbox.Log($"A checkpoint is passed over: {text}", "warning")) is not var (folder, manifest)) return null;
        if (manifest.RecipeHash != course.RecipeHash) throw new JobFailure(FailureCode.BadRecipe,
            $"checkpoint {manifest.Name} was made by another recipe ({manifest.RecipeHash[..12]}, this one is {course.RecipeHash[..12]})",
            "Start a new run instead of resuming this one.");
        using var scope = Scope.Enter();
        course.Network.Load(Safetensors.Read(Path.Combine(folder, Checkpoints.Weights)));
        course.Averages?.Load(Safetensors.Read(Path.Combine(folder, Checkpoints.Average)));
        State().Fill(Safetensors.Read(Path.Combine(folder, Checkpoints.State)));
        return manifest;
    }

    private Dictionary<string, Tensor> State() => course.Optimizer.State.Select(s => ($"optimizer.{s.Name}", s.Value))
        .Concat(course.Method.State.Select(s => ($"method.{s.Name}", s.Value)))
        .Concat(course.Method.Parameters.Select(p => ($"method.{p.Name}", p.Slot.Value)))
        .Concat(course.Rewind?.Tensors.Select(t => ($"rewind.{t.Key}", t.Value)) ?? [])
        .ToDictionary(s => s.Item1, s => s.Item2);

    private CheckpointManifest Describe(Position position)
    {
        var epoch = position.Batch == 0 ? position.Epoch - 1 : position.Epoch;
        return new CheckpointManifest
        {
            Name = $"e{epoch:000}-s{position.Step:00000000}",
            Epoch = epoch,
            Step = position.Step,
            RecipeHash = course.RecipeHash,
            Model = JsonSerializer.SerializeToElement(course.Recipe.Model, OptionsJson.Canonical),
            Shape = course.Network.Shape,
            Data = CheckpointData.Of(course.Data.Manifest),
            Position = position,
            Files = [],
        };
    }
}
