namespace WebLab.Engine.Data.Files;

/// <summary>A file of an input: its name with forward slashes, relative to the root, and its unpacked size in bytes.</summary>
public readonly record struct TreeFile(string Name, long Bytes)
{
    /// <summary>The name without folders.</summary>
    public string Leaf => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>The folders above, outermost first.</summary>
    public string[] Folders => Name.Split('/')[..^1];
}

/// <summary>
/// The files of an import, wherever they lie: a folder, a zip, a tar. Every name is checked before anything is read,
/// and nothing is ever written to a name that came from outside.
/// </summary>
public abstract class FileTree : IDisposable
{
    /// <summary>All files, in order of their names (ordinal).</summary>
    public IReadOnlyList<TreeFile> Files { get; protected init; } = [];

    /// <summary>Opens a folder, a .zip, a .tar or a .tar.gz, told apart by content.</summary>
    /// <param name="scratch">A folder on the same disk where tars are unpacked to; removed by the caller.</param>
    /// <exception cref="DatasetRefused">The archive is broken, hostile or too large.</exception>
    public static FileTree Open(string path, string scratch, DatasetLimits limits, CancellationToken cancel = default)
    {
        if (Directory.Exists(path)) return new FolderTree(path, limits);
        if (!File.Exists(path)) throw DatasetRefused.Missing($"'{Path.GetFileName(path)}' is not there");
        if (new FileInfo(path).Length > limits.Bytes) throw DatasetRefused.Large($"the archive has {new FileInfo(path).Length} bytes, at most {limits.Bytes} are allowed");
        Span<byte> head = stackalloc byte[4];
        using (var file = File.OpenRead(path)) head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (head.StartsWith("PK"u8)) return new ZipTree(path, limits);
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B])) return new TarTree(path, gzip: true, scratch, limits, cancel);
        if (TarTree.IsTar(path)) return new TarTree(path, gzip: false, scratch, limits, cancel);
        throw DatasetRefused.Archive($"'{Path.GetFileName(path)}' is neither a folder, a zip, a tar nor a tar.gz");
    }

    /// <summary>Opens a file for reading; a stream that ends early or runs past its size fails with <see cref="DatasetRefused"/>.</summary>
    public abstract Stream Open(TreeFile file);

    /// <summary>The whole of a file of at most <paramref name="limit"/> bytes.</summary>
    public byte[] ReadAll(TreeFile file, int limit)
    {
        if (file.Bytes > limit) throw DatasetRefused.Large($"{file.Name} has {file.Bytes} bytes, at most {limit} are allowed");
        var bytes = new byte[file.Bytes];
        using var stream = Open(file);
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException e)
        {
            throw DatasetRefused.Archive($"{file.Name} ends before its {file.Bytes} bytes", e);
        }

        return bytes;
    }

    /// <summary>Fills <paramref name="bytes"/> from a stream over <paramref name="file"/>, unpacked or not.</summary>
    /// <exception cref="DatasetRefused">The stream ends before, or its packing is broken.</exception>
    public static void Fill(Stream stream, Span<byte> bytes, TreeFile file)
    {
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw DatasetRefused.File($"{file.Name} is broken or ends early", e);
        }
    }

    /// <summary>The one file with this leaf name, in whatever folder.</summary>
    /// <exception cref="DatasetRefused">It is missing, or there are several.</exception>
    public TreeFile Single(string leaf) => Maybe(leaf) ?? throw DatasetRefused.Missing($"{leaf} is missing");

    /// <summary>The one file with this leaf name, or null.</summary>
    public TreeFile? Maybe(string leaf)
    {
        var found = Files.Where(f => f.Leaf == leaf).Take(2).ToArray();
        if (found.Length > 1) throw DatasetRefused.Archive($"{leaf} is there twice: {found[0].Name} and {found[1].Name}");
        return found.Length == 1 ? found[0] : null;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
