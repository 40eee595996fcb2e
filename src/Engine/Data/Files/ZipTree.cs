using System.IO.Compression;

namespace WebLab.Engine.Data.Files;

/// <summary>A zip, read in place: nothing is unpacked to disk.</summary>
internal sealed class ZipTree : FileTree
{
    private const int UnixKind = 0xF000, UnixFile = 0x8000, UnixFolder = 0x4000;

    private readonly ZipArchive _zip;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = [];

    public ZipTree(string path, DatasetLimits limits)
    {
        var bytes = new FileInfo(path).Length;
        CheckCount(path, limits);
        _zip = Broken(() => ZipFile.OpenRead(path));
        try
        {
            var rules = new EntryRules(limits);
            long packed = 0;
            foreach (var entry in Broken(() => _zip.Entries))
            {
                var kind = (entry.ExternalAttributes >> 16) & UnixKind;
                if (kind is not (0 or UnixFile or UnixFolder)) throw DatasetRefused.Archive($"'{EntryRules.Shown(entry.FullName)}' is a link or a device");
                if (entry.IsEncrypted) throw DatasetRefused.Archive($"'{EntryRules.Shown(entry.FullName)}' is encrypted");
                if (entry.FullName.EndsWith('/'))
                {
                    EntryRules.Clean(entry.FullName.TrimEnd('/'));
                    continue;
                }

                packed += entry.CompressedLength;
                var clutter = EntryRules.IsClutter(entry.FullName);
                var name = rules.Accept(entry.FullName, entry.Length, member: clutter);
                if (!clutter) _entries.Add(name, entry);
            }

            // Entries that share compressed bytes (overlapping, "quoted" bombs) claim more than the file holds.
            if (packed > bytes) throw DatasetRefused.Archive("entries overlap: a decompression bomb");
            rules.CheckRatio(bytes);
        }
        catch
        {
            _zip.Dispose();
            throw;
        }

        Files = [.. _entries.Select(e => new TreeFile(e.Key, e.Value.Length)).OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    public override Stream Open(TreeFile file) => new BoundedStream(Broken(_entries[file.Name].Open), file);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _zip.Dispose();
    }

    /// <summary>
    /// Reads the number of entries and the size of the directory from the end record before anything is allocated for them:
    /// a directory of a million entries is refused unseen.
    /// </summary>
    private static void CheckCount(string path, DatasetLimits limits)
    {
        const int endRecord = 22, longestComment = ushort.MaxValue;
        using var file = File.OpenRead(path);
        var tail = new byte[Math.Min(file.Length, endRecord + longestComment)];
        file.Seek(-tail.Length, SeekOrigin.End);
        file.ReadExactly(tail);
        var at = tail.AsSpan().LastIndexOf("PK\x05\x06"u8);
        if (at < 0 || at + endRecord > tail.Length) throw DatasetRefused.Archive("the zip is cut off: it has no end record");
        var count = BitConverter.ToUInt16(tail, at + 10);
        var directory = BitConverter.ToUInt32(tail, at + 12);
        if (count == ushort.MaxValue || directory == uint.MaxValue)
        {
            // Zip64: the true numbers stand in the zip64 end record, 56 bytes that begin with PK 6 6.
            var wide = tail.AsSpan(0, at).LastIndexOf("PK\x06\x06"u8);
            if (wide < 0 || wide + 56 > tail.Length) throw DatasetRefused.Archive("the zip64 end record is missing");
            var entries = BitConverter.ToUInt64(tail, wide + 32);
            if (entries > (ulong)limits.Files * 2) throw DatasetRefused.Large($"the zip lists {entries} entries, at most {limits.Files} files are allowed");
        }
        else if (count > (long)limits.Files * 2)
        {
            throw DatasetRefused.Large($"the zip lists {count} entries, at most {limits.Files} files are allowed");
        }
    }

    private static T Broken<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ArgumentException or NotSupportedException)
        {
            throw DatasetRefused.Archive($"the zip is broken: {e.Message}", e);
        }
    }
}
