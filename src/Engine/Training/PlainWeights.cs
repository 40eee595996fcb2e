using System.Globalization;
using System.Text.Json;
using WebLab.Engine.Jobs;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>Networks as PyTorch keeps them: one safetensors file of one batch-norm bank, under the names of a state dict.</summary>
public static class PlainWeights
{
    /// <summary>
    /// Writes one bank of a checkpoint. Normalisation has no tensors in a state dict: the file's metadata tell it, with the architecture
    /// and the classes. Attribution heads stay, as <c>aux.K</c>; without them such a network answers otherwise.
    /// </summary>
    /// <param name="checkpoint">The folder with <c>manifest.json</c>.</param>
    /// <param name="path">The file.</param>
    /// <param name="bank">0 is the main bank; null: the main one, of a network that answers through one.</param>
    /// <param name="averaged">The averaged weights, where the run keeps an average.</param>
    /// <exception cref="ArgumentException">There is no such bank, or the network fuses its banks and none was named.</exception>
    /// <exception cref="InvalidDataException">Something is missing or damaged; the message names the file.</exception>
    public static void Export(string checkpoint, string path, int? bank = null, bool averaged = true)
    {
        using var scope = Scope.Enter();
        using var model = TrainedModel.Open(checkpoint, Device.Cpu, averaged);
        var shape = model.Manifest.Shape;
        if (shape.Generators == true && bank is null)
            throw new ArgumentException("the network fuses its two banks anew for every image; name bank 0 or 1 to export one alone");
        var metadata = Metadata(model.Manifest);
        metadata["format"] = "pt";
        Safetensors.Write(path, model.Network.Plain(bank ?? 0), metadata);
    }

    /// <summary>Reads a file into a network, every bank alike. Batch counters that it lacks begin at zero; <c>module.</c> before all names is dropped.</summary>
    /// <exception cref="InvalidDataException">The file is not sound.</exception>
    /// <exception cref="ArgumentException">A name is missing or unknown, or a shape differs; the message tells which.</exception>
    public static void Read(string path, Network network)
    {
        const string wrapper = "module.", counter = ".num_batches_tracked";
        using var scope = Scope.Enter();
        var tensors = Safetensors.Read(path, SafetensorsHeader.ImportLimit);
        if (tensors.Keys.All(name => name.StartsWith(wrapper, StringComparison.Ordinal)))
            tensors = tensors.ToDictionary(t => t.Key[wrapper.Length..], t => t.Value);
        foreach (var name in network.Plain(0).Keys.Where(name => name.EndsWith(counter, StringComparison.Ordinal)))
            tensors.TryAdd(name, Ops.zeros([], DType.Int64));
        network.Load(tensors);
    }

    /// <summary>Makes a checkpoint of step 0 from a file: training with the same course goes on from there, and it can be evaluated as it is.</summary>
    /// <returns>Its folder.</returns>
    /// <exception cref="InvalidDataException">The file is not sound.</exception>
    /// <exception cref="ArgumentException">The file does not fit the network, or the folder holds checkpoints already.</exception>
    public static string Begin(string path, Course course, JobFolder folder)
    {
        if (Directory.Exists(folder.Checkpoints)) throw new ArgumentException($"{folder.Path} holds checkpoints already");
        using var scope = Scope.Enter();
        Read(path, course.Network);
        course.Averages?.Load(course.Network.Tensors());
        course.Rewind?.Keep();
        var (checkpoints, state) = (new Checkpoints(folder.Checkpoints), new CourseState(course));
        return checkpoints.Find(checkpoints.Save(state.Describe(new Position()), state.Files(), []).Name);
    }

    /// <summary>What a file of weights tells beside them: architecture, classes, normalisation.</summary>
    internal static SortedDictionary<string, string> Metadata(CheckpointManifest manifest)
    {
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["model"] = manifest.Model.GetRawText(),
            ["classes"] = JsonSerializer.Serialize(manifest.Data.Classes, JobJson.Options),
        };
        if (manifest.Shape is { Mean: { } mean, Std: { } std }) (metadata["mean"], metadata["std"]) = (Numbers(mean), Numbers(std));
        return metadata;
    }

    private static string Numbers(IReadOnlyList<double> numbers) => $"[{string.Join(", ", numbers.Select(n => n.ToString("R", CultureInfo.InvariantCulture)))}]";
}
