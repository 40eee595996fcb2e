using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;

namespace WebLab.Engine.Data.Files;

/// <summary>A tar or tar.gz. A tar can only be read from front to back, so its files go to a scratch folder under numbers of ours.</summary>
internal sealed class TarTree : FileTree
{
    private readonly string _scratch;
    private readonly Dictionary<string, string> _places = [];

    public TarTree(string path, bool gzip, string scratch, DatasetLimits limits, CancellationToken cancel)
    {
        _scratch = Directory.CreateDirectory(scratch).FullName;
        var files = new List<TreeFile>();
        using var file = File.OpenRead(path);
        using var unpacked = gzip ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        using var tar = new TarReader(unpacked);
        var rules = new EntryRules(limits);
        try
        {
            while (tar.GetNextEntry() is { } entry)
            {
                cancel.ThrowIfCancellationRequested();
                if (entry.EntryType is TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes) continue;
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                    throw DatasetRefused.Archive($"'{EntryRules.Shown(entry.Name)}' is a link or a device");
                var clutter = EntryRules.IsClutter(entry.Name);
                var name = rules.Accept(entry.Name, entry.Length, member: clutter);
                rules.CheckRatio(file.Length);
                if (clutter) continue;
                var place = Path.Combine(_scratch, files.Count.ToString(CultureInfo.InvariantCulture));
                using (var copy = new FileStream(place, FileMode.CreateNew)) entry.DataStream?.CopyTo(copy);
                if (new FileInfo(place).Length != entry.Length) throw DatasetRefused.Archive($"{name} ends before its {entry.Length} bytes");
                _places.Add(name, place);
                files.Add(new TreeFile(name, entry.Length));
            }

            if (gzip) Drain(unpacked);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw DatasetRefused.Archive($"the tar is broken or cut off: {e.Message}", e);
        }

        if (files.Count == 0) throw DatasetRefused.Archive("the tar holds no files");
        Files = [.. files.OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    /// <summary>The word "ustar" stands at byte 257 of every tar of the last thirty years.</summary>
    public static bool IsTar(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[262];
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head[257..].SequenceEqual("ustar"u8);
    }

    public override Stream Open(TreeFile file) => File.OpenRead(_places[file.Name]);

    protected override void Dispose(bool disposing)
    {
        if (disposing && Directory.Exists(_scratch)) Directory.Delete(_scratch, recursive: true);
    }

    /// <summary>Reads what follows the last entry (padding), so that the checksum at the end of a gzip is compared.</summary>
    private static void Drain(Stream stream)
    {
        const int most = 1 << 20;
        var (rest, total) = (new byte[16 << 10], 0);
        for (int read; (read = stream.Read(rest)) > 0;)
            if ((total += read) > most) throw DatasetRefused.Archive("the tar goes on after its end");
    }
}
