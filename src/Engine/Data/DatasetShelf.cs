using System.Text.Json;
using System.Text.RegularExpressions;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Data;

/// <summary>All data sets of a data directory: <c>datasets/ID/VERSION/</c>.</summary>
/// <param name="datasets">The folder <c>datasets</c>; it need not exist.</param>
public sealed partial class DatasetShelf(string datasets)
{
    /// <summary>The shelf of a data directory (<c>WEBLAB_DATA</c>).</summary>
    public static DatasetShelf In(string data) => new(Path.Combine(data, "datasets"));

    public string Folder => datasets;

    /// <summary>Manifests of every version of every data set: by id, newest first. Unreadable folders are passed over.</summary>
    public IReadOnlyList<DatasetManifest> List() => !Directory.Exists(datasets) ? [] :
        [.. Directory.GetDirectories(datasets).Select(Path.GetFileName).Where(id => IsId(id!))
            .Order(StringComparer.Ordinal).SelectMany(id => Versions(id!))];

    /// <summary>Manifests of one data set, newest first.</summary>
    public IReadOnlyList<DatasetManifest> Versions(string id)
    {
        CheckId(id);
        var home = Path.Combine(datasets, id);
        return !Directory.Exists(home) ? [] :
            [.. Directory.GetDirectories(home).Where(d => IsVersion(Path.GetFileName(d))).Select(ReadManifest).OfType<DatasetManifest>()
                .OrderByDescending(m => m.ImportedAt).ThenBy(m => m.Version, StringComparer.Ordinal)];
    }

    /// <summary>The manifest of a version, or of the newest one.</summary>
    public DatasetManifest? Find(string id, string? version = null)
    {
        if (!IsId(id)) return null;
        return version is null ? Versions(id).FirstOrDefault()
            : IsVersion(version) ? ReadManifest(Path.Combine(datasets, id, version)) : null;
    }

    /// <summary>Maps a data set for reading.</summary>
    /// <param name="verify">Also read every file and compare its SHA-256.</param>
    /// <exception cref="JobFailure"><c>dataset-missing</c>; <c>dataset-changed</c>.</exception>
    public PackedDataset Open(string id, string? version = null, bool verify = false)
    {
        var manifest = Find(id, version) ?? throw new JobFailure(FailureCode.DatasetMissing,
            version is null ? $"There is no data set '{id}'." : $"There is no version {version} of the data set '{id}'.",
            $"Import it on the page 'Data sets' or with 'weblab dataset', or choose one of: {string.Join(", ", List().Select(m => m.Id).Distinct())}.");
        return PackedDataset.Open(Path.Combine(datasets, id, manifest.Version), manifest, verify);
    }

    /// <summary>Lower-case letters, digits and inner dashes, at most 64.</summary>
    public static bool IsId(string id) => Id().IsMatch(id);

    /// <exception cref="DatasetRefused">The text is not an id.</exception>
    public static void CheckId(string id)
    {
        if (!IsId(id)) throw DatasetRefused.Request($"id '{id}': wanted 1 to 64 lower-case letters, digits or inner dashes, such as \"my-flowers\"");
    }

    internal static DatasetManifest? ReadManifest(string folder)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(folder, DatasetManifest.FileName));
            return JsonSerializer.Deserialize<DatasetManifest>(file, DatasetManifest.Json);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static bool IsVersion(string version) => Version().IsMatch(version);

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?\z")]
    private static partial Regex Id();

    [GeneratedRegex(@"\A[0-9a-f]{16}\z")]
    private static partial Regex Version();
}
