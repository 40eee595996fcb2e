using WebLab.Engine.Jobs;

namespace WebLab.Engine.Training;

/// <summary>Saves a running course and brings it back.</summary>
public sealed class CheckpointShelf(Course course, Job job)
{
    private readonly Checkpoints _checkpoints = new(job.Folder.Checkpoints);
    private readonly CourseState _state = new(course);
    private long _savedAt = job.Time.GetTimestamp();

    /// <summary>So much time has passed that a kill would now cost too much.</summary>
    public bool Due => job.Time.GetElapsedTime(_savedAt).TotalSeconds >= job.Spec.CheckpointSeconds;

    /// <param name="position">Where the run stands, between two steps.</param>
    /// <param name="tags">Tags beside <c>last</c>.</param>
    public void Save(Position position, IReadOnlyList<string> tags)
    {
        var manifest = _checkpoints.Save(_state.Describe(position), _state.Files(), tags);
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
        _state.Load(folder);
        return manifest;
    }
}
