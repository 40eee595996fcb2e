using WebLab.Api.Http;
using WebLab.Api.Queue;
using WebLab.Api.Runs;
using WebLab.Api.Store;

namespace WebLab.Api.Models;

/// <summary>A version as a file for other programs. It is written when it is first asked for, and kept.</summary>
public sealed class VersionFiles(ModelRegistry registry, CheckpointKeeper keeper, EngineVerb engine, DataDirectory data)
{
    /// <summary>The files there are: plain weights of the main bank, and the frozen network as a graph.</summary>
    public static readonly IReadOnlyList<string> Names = ["weights.safetensors", "model.onnx"];

    /// <exception cref="Refusal">404; 422 for a network that cannot be written so, with the reason.</exception>
    public async Task<ServedFile> File(string model, int number, string name, CancellationToken cancel)
    {
        if (!Names.Contains(name)) throw Refusal.NotFound("file", name);
        var (named, version) = await registry.Row(model, number, cancel);
        var path = DataDirectory.Child(data.Model(version.CheckpointId), name);
        if (!System.IO.File.Exists(path)) await Write(keeper.Promoted(version.CheckpointId), path, cancel);
        var file = new FileInfo(path);
        return new ServedFile(path, $"{named.Name}-v{version.Number}{Path.GetExtension(name)}", $"{file.Length:x}-{file.LastWriteTimeUtc.Ticks:x}", file.LastWriteTimeUtc);
    }

    private async Task Write(string checkpoint, string path, CancellationToken cancel)
    {
        // The ending says what is written; the file has its name once it is whole.
        var partial = Path.Combine(Path.GetDirectoryName(path)!, $"partial-{Path.GetFileName(path)}");
        if (await engine.Run(["export", checkpoint, partial], cancel) is { } said)
        {
            System.IO.File.Delete(partial);
            throw new Refusal(ProblemKinds.Unprocessable, said.Replace(data.Root, "", StringComparison.Ordinal));
        }
        System.IO.File.Move(partial, path, overwrite: true);
    }
}
