using System.Text.Json;
using WebLab.Engine.Catalog;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>The files of a course's checkpoint: every tensor that the next step depends on.</summary>
public sealed class CourseState(Course course)
{
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> Files()
    {
        var files = new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
        {
            [Checkpoints.Weights] = course.Network.Tensors(),
            [Checkpoints.State] = Beside(),
        };
        if (course.Averages is { } averages) files[Checkpoints.Average] = averages.Tensors;
        return files;
    }

    /// <summary>Brings back what a checkpoint folder holds.</summary>
    public void Load(string folder)
    {
        using var scope = Scope.Enter();
        course.Network.Load(Safetensors.Read(Path.Combine(folder, Checkpoints.Weights)));
        course.Averages?.Load(Safetensors.Read(Path.Combine(folder, Checkpoints.Average)));
        Beside().Fill(Safetensors.Read(Path.Combine(folder, Checkpoints.State)));
    }

    /// <summary>The manifest of a checkpoint, but for its files.</summary>
    public CheckpointManifest Describe(Position position)
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
            Data = CheckpointData.Of(course.Data.Manifest, course.Recipe.Data.Crop),
            Position = position,
            Files = [],
        };
    }

    private Dictionary<string, Tensor> Beside() => course.Optimizer.State.Select(s => ($"optimizer.{s.Name}", s.Value))
        .Concat(course.Method.State.Select(s => ($"method.{s.Name}", s.Value)))
        .Concat(course.Method.Parameters.Select(p => ($"method.{p.Name}", p.Slot.Value)))
        .Concat(course.Rewind?.Tensors.Select(t => ($"rewind.{t.Key}", t.Value)) ?? [])
        .ToDictionary(s => s.Item1, s => s.Item2);
}
