using System.Security.Cryptography;
using System.Text.Json;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Training;

/// <summary>Which checkpoints a run keeps; the file <c>kept.json</c> beside them.</summary>
public sealed record Kept
{
    public const string BestRobust = "best-robust", BestClean = "best-clean", Last = "last";

    /// <summary>From <see cref="BestRobust"/>, <see cref="BestClean"/> and <see cref="Last"/> to a checkpoint's name.</summary>
    public Dictionary<string, string> Names { get; init; } = [];

    /// <summary>The one before the last, should the last be damaged.</summary>
    public string? Previous { get; init; }
}

/// <summary>
/// The folder <c>checkpoints</c> of a run. A checkpoint is written beside its place, forced to the disk, its manifest last, and
/// renamed whole; what reading finds damaged is passed over for the one before.
/// </summary>
/// <param name="folder">The folder; it need not exist.</param>
public sealed class Checkpoints(string folder)
{
    public const string Weights = "weights.safetensors", Average = "average.safetensors", State = "state.safetensors";

    private string KeptFile => Path.Combine(folder, "kept.json");

    /// <summary>What <c>kept.json</c> says; empty before the first checkpoint.</summary>
    public Kept Kept()
    {
        try
        {
            return JsonSerializer.Deserialize<Kept>(File.ReadAllBytes(KeptFile), JobJson.Options) ?? new Kept();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return new Kept();
        }
    }

    /// <summary>The folder of a checkpoint by its name or by <c>best-robust</c>, <c>best-clean</c>, <c>last</c>.</summary>
    public string Find(string name) => Path.Combine(folder, Path.GetFileName(Kept().Names.GetValueOrDefault(name, name)));

    /// <summary>Writes a checkpoint and drops those that no tag names any more.</summary>
    /// <param name="manifest">Everything but the files.</param>
    /// <param name="files">File name and tensors by name.</param>
    /// <param name="tags">The tags it takes over, beside <c>last</c>.</param>
    /// <returns>The manifest as written.</returns>
    public CheckpointManifest Save(CheckpointManifest manifest, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> files, IEnumerable<string> tags)
    {
        Directory.CreateDirectory(folder);
        var place = Path.Combine(folder, manifest.Name);
        var next = Path.Combine(folder, "." + manifest.Name);
        Remove(next);
        Directory.CreateDirectory(next);
        foreach (var (name, tensors) in files)
        {
            Safetensors.Write(Path.Combine(next, name), tensors);
            Durable.SyncFile(Path.Combine(next, name));
        }
        manifest = manifest with { Files = [.. files.Keys.Select(name => Describe(next, name))] };
        Durable.Replace(Path.Combine(next, CheckpointManifest.FileName), manifest.Sealed());
        Remove(place);
        Directory.Move(next, place);
        Durable.SyncFolder(folder);
        Tag(manifest.Name, [Training.Kept.Last, .. tags]);
        return manifest;
    }

    /// <summary>The newest whole checkpoint, or null. Every damaged one on the way is told.</summary>
    public (string Folder, CheckpointManifest Manifest)? Newest(Action<string> damaged)
    {
        if (!Directory.Exists(folder)) return null;
        var found = new List<(string Folder, CheckpointManifest Manifest)>();
        foreach (var place in Directory.GetDirectories(folder).Where(d => !Path.GetFileName(d).StartsWith('.')))
            if (Try(() => CheckpointManifest.Read(place), damaged) is { } manifest) found.Add((place, manifest));
        return found.OrderByDescending(f => f.Manifest.Step).Select(f => ((string, CheckpointManifest)?)f)
            .FirstOrDefault(f => Try(() => Verify(f!.Value.Item1, f.Value.Item2), damaged) is not null);
    }

    /// <summary>Reads a checkpoint's manifest and compares every file's size and SHA-256 with it.</summary>
    /// <exception cref="InvalidDataException">Something is missing or damaged; the message names the file.</exception>
    public static CheckpointManifest Verify(string checkpoint) => Verify(checkpoint, CheckpointManifest.Read(checkpoint));

    private static CheckpointManifest Verify(string checkpoint, CheckpointManifest manifest)
    {
        foreach (var file in manifest.Files)
        {
            var path = Path.Combine(checkpoint, Path.GetFileName(file.Name));
            if (!File.Exists(path)) throw new InvalidDataException($"{path} is missing");
            if (Describe(checkpoint, file.Name) != file) throw new InvalidDataException($"{path} is damaged: size or SHA-256 does not fit");
        }
        return manifest;
    }

    private static CheckpointFile Describe(string place, string name)
    {
        using var file = File.OpenRead(Path.Combine(place, Path.GetFileName(name)));
        return new CheckpointFile(name, file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    private static T? Try<T>(Func<T> read, Action<string> damaged) where T : class
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            damaged(e.Message);
            return null;
        }
    }

    private void Tag(string name, string[] tags)
    {
        var before = Kept();
        var names = new Dictionary<string, string>(before.Names);
        var previous = before.Names.GetValueOrDefault(Training.Kept.Last, name);
        foreach (var tag in tags) names[tag] = name;
        var now = new Kept { Names = names, Previous = previous == name ? before.Previous : previous };
        Durable.Replace(KeptFile, JobJson.Bytes(now));
        var alive = names.Values.Append(now.Previous).ToHashSet();
        foreach (var place in Directory.GetDirectories(folder).Where(d => !alive.Contains(Path.GetFileName(d)))) Remove(place);
    }

    // Renamed first: a half-removed folder never looks like a checkpoint.
    private static void Remove(string place)
    {
        if (!Directory.Exists(place)) return;
        var gone = Path.Combine(Path.GetDirectoryName(place)!, ".gone");
        if (Directory.Exists(gone)) Directory.Delete(gone, recursive: true);
        Directory.Move(place, gone);
        Directory.Delete(gone, recursive: true);
    }
}
