using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Evaluations;

/// <summary>
/// The outcomes of an evaluation on the disk: one small file per attack and batch while it runs, so that a killed one goes on where it
/// was; one file of all in the end.
/// </summary>
/// <param name="folder">The job's folder.</param>
public sealed class OutcomeFiles(string folder)
{
    public const string All = "outcomes.safetensors", Adversarial = "adversarial.safetensors";

    private string Parts => Path.Combine(folder, "parts");

    /// <summary>The outcomes of one batch; from the disk where they are there and whole, else worked out and written.</summary>
    /// <param name="attack">Number of the attack.</param>
    /// <param name="batch">Number of the batch.</param>
    /// <param name="work">Makes the tensors.</param>
    public Dictionary<string, Tensor> Part(int attack, int batch, Func<Dictionary<string, Tensor>> work)
    {
        var path = Path.Combine(Parts, $"{attack:000}-{batch:000000}.safetensors");
        if (File.Exists(path)) return Safetensors.Read(path);
        Directory.CreateDirectory(Parts);
        var tensors = work();
        Safetensors.Write(path, tensors);
        return tensors;
    }

    /// <summary>Writes everything into one file, the images found into another, and drops the parts.</summary>
    public void Close(IReadOnlyDictionary<string, Tensor> all, IReadOnlyDictionary<string, Tensor>? images)
    {
        if (images is not null) Safetensors.Write(Path.Combine(folder, Adversarial), images);
        Safetensors.Write(Path.Combine(folder, All), all);
        if (Directory.Exists(Parts)) Directory.Delete(Parts, recursive: true);
    }
}
