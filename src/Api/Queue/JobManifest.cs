using System.Security.Cryptography;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>One file of a run, with what is needed to check it.</summary>
public sealed record ManifestFile(string Path, long Bytes, string Sha256);

/// <summary><c>manifest.json</c> of a finished run: its lasting files.</summary>
public sealed record JobManifest(IReadOnlyList<ManifestFile> Files)
{
    internal static async Task Write(JobFolder job, CancellationToken cancel)
    {
        var files = new List<ManifestFile>();
        foreach (var path in Lasting(job).Order(StringComparer.Ordinal))
        {
            await using var stream = File.OpenRead(path);
            files.Add(new ManifestFile(Path.GetRelativePath(job.Path, path), stream.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel))));
        }
        Durable.Replace(job.Manifest, JobJson.Bytes(new JobManifest(files)));
    }

    private static IEnumerable<string> Lasting(JobFolder job) =>
        ((string[])[job.Recipe, job.Request, job.Spec, Path.Combine(job.Path, "results.json"), Path.Combine(job.Path, "outcomes.safetensors")]).Where(File.Exists)
        .Concat(((string[])[job.Checkpoints, job.Images]).Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories)));
}
