using System.Text;

namespace WebLab.Engine.Data.Files;

/// <summary>What the entries of an archive must keep to, checked one by one as they are listed.</summary>
internal sealed class EntryRules(DatasetLimits limits)
{
    private static readonly string[] Nested = [".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".zst", ".jar"];

    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);
    private long _bytes;

    /// <summary>Takes note of a file and returns its clean name.</summary>
    /// <param name="member">A .gz inside is a member of the layout (IDX), not a nested archive.</param>
    public string Accept(string raw, long bytes, bool member = false)
    {
        var name = Clean(raw);
        if (!member && Nested.Any(n => name.EndsWith(n, StringComparison.OrdinalIgnoreCase)))
            throw DatasetRefused.Archive($"'{Shown(raw)}' is an archive inside the archive; unpack it first");
        if (!_seen.Add(name)) throw DatasetRefused.Archive($"'{Shown(raw)}' is there twice");
        if (_seen.Count > limits.Files) throw DatasetRefused.Large($"more than {limits.Files} files");
        if (bytes < 0 || (_bytes += bytes) > limits.Bytes) throw DatasetRefused.Large($"unpacked files exceed {limits.Bytes} bytes");
        return name;
    }

    /// <summary>Bytes accepted so far must not be a bomb's.</summary>
    public void CheckRatio(long packed)
    {
        if (_bytes > limits.RatioFloor && _bytes / Math.Max(1, packed) > limits.Ratio)
            throw DatasetRefused.Archive($"unpacks to more than {limits.Ratio} times its size: a decompression bomb");
    }

    /// <summary>A relative name with forward slashes and without '.', '..', drive, control characters or empty parts.</summary>
    /// <exception cref="DatasetRefused">The name would leave the root, or is no name.</exception>
    public static string Clean(string raw)
    {
        if (raw.Length is 0 or > 1024) throw DatasetRefused.Archive($"a file name of {raw.Length} characters");
        if (raw.Contains('\\')) throw DatasetRefused.Archive($"'{Shown(raw)}': a backslash in a file name");
        if (raw.Any(c => char.IsControl(c) || c == '\uFFFD')) throw DatasetRefused.Archive($"'{Shown(raw)}': a control character or a byte that is not UTF-8 in a file name");
        if (raw[0] == '/' || (raw.Length > 1 && raw[1] == ':')) throw DatasetRefused.Archive($"'{Shown(raw)}': an absolute path");
        var parts = raw.Split('/').Where(p => p is not (".")).ToArray();
        if (parts.Length == 0 || parts.Any(p => p is ".." or "")) throw DatasetRefused.Archive($"'{Shown(raw)}': leaves its folder or has an empty part");
        return string.Join('/', parts).Normalize(NormalizationForm.FormC);
    }

    /// <summary>A name as an error may show it.</summary>
    public static string Shown(string raw)
    {
        var shown = new string([.. raw.Take(120).Select(c => char.IsControl(c) ? '?' : c)]);
        return raw.Length > 120 ? shown + "..." : shown;
    }

    /// <summary>What systems add to archives and folders, and no data set means: passed over without a word.</summary>
    public static bool IsClutter(string name) =>
        name.Split('/').Any(p => p is "__MACOSX" or ".DS_Store" or "Thumbs.db" or "desktop.ini") || name[(name.LastIndexOf('/') + 1)..].StartsWith("._", StringComparison.Ordinal);
}
