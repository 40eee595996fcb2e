using System.Text.Json;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>A network as a checkpoint holds it: the averaged weights where the run keeps an average, else the plain ones.</summary>
public sealed class TrainedModel : IDisposable
{
    private readonly Folds _folds = new();

    private TrainedModel(CheckpointManifest manifest, Network network) => (Manifest, Network) = (manifest, network);

    public CheckpointManifest Manifest { get; }

    public Network Network { get; }

    /// <summary>How it is run as it is: as in inference, batch norm folded into convolutions.</summary>
    public Pass Frozen => Pass.Eval with { Folds = _folds };

    /// <summary>Reads a checkpoint folder after comparing every file with its SHA-256.</summary>
    /// <param name="checkpoint">The folder with <c>manifest.json</c>.</param>
    /// <param name="device">Where the network goes.</param>
    /// <param name="averaged">The averaged weights, where the run keeps an average.</param>
    /// <exception cref="InvalidDataException">Something is missing or damaged; the message names the file.</exception>
    public static TrainedModel Open(string checkpoint, Device device, bool averaged = true)
    {
        var manifest = Checkpoints.Verify(checkpoint);
        var options = manifest.Model.Deserialize<ArchitectureOptions>(OptionsJson.Canonical)!;
        var network = options.Build(manifest.Shape);
        using var scope = Scope.Enter();
        var average = averaged && manifest.Files.Any(f => f.Name == Checkpoints.Average);
        network.Load(Safetensors.Read(Path.Combine(checkpoint, average ? Checkpoints.Average : Checkpoints.Weights)));
        network.To(device, channelsLast: true);
        return new TrainedModel(manifest, network);
    }

    public void Dispose()
    {
        _folds.Dispose();
        Network.Dispose();
    }
}
