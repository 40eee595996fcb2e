using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using WebLab.Api.Store;

namespace WebLab.Api.Machine;

/// <summary>The last entry of a backup: what it must hold.</summary>
/// <param name="Format">Version of this layout, 1.</param>
internal sealed record ArchiveManifest(int Format, string Version, DateTimeOffset CreatedAt, IReadOnlyList<ArchivedFile> Files);

/// <param name="Name">Relative to the data directory, with slashes.</param>
/// <param name="Sha256">Lower-case hex.</param>
internal sealed record ArchivedFile(string Name, long Bytes, string Sha256);

/// <summary>A backup cannot be made or put back; the message says why in one sentence.</summary>
public sealed class ArchiveRefusedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The whole data directory as one tar file (gzipped when its name ends in <c>gz</c>). A server may run meanwhile: SQLite itself copies the
/// database, first; a file that grows is taken at the length it had when it was opened, which its readers can stand.
/// </summary>
public static class Archive
{
    internal const string ManifestName = "backup.json", DatabaseName = "weblab.db";
    private static readonly string[] LeftOut = ["backups", "instance.lock", DatabaseName, DatabaseName + "-wal", DatabaseName + "-shm", DatabaseName + "-journal"];

    /// <returns>Files and bytes written.</returns>
    /// <exception cref="ArchiveRefusedException">There is no database, or the target exists.</exception>
    public static (int Files, long Bytes) Write(DataDirectory data, string target, TimeProvider time)
    {
        if (!File.Exists(data.Database))
            throw new ArchiveRefusedException($"{data.Root} holds no WebLab database; set WEBLAB_DATA to the directory to back up.");
        if (File.Exists(target))
            throw new ArchiveRefusedException($"{target} exists already; choose another name.");
        var files = new List<ArchivedFile>();
        var partial = target + ".partial";
        var copy = DataDirectory.Child(data.Backups, $"copy-{Environment.ProcessId}.db");
        try
        {
            using (var file = new FileStream(partial, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            {
                using (var body = target.EndsWith("gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true) : (Stream)file)
                using (var tar = new TarWriter(body, TarEntryFormat.Pax, leaveOpen: true))
                {
                    CopyDatabase(data.Database, copy);
                    files.Add(Add(tar, copy, DatabaseName));
                    foreach (var path in Walk(data.Root))
                        if (TryAdd(tar, path, Path.GetRelativePath(data.Root, path).Replace('\\', '/')) is { } added)
                            files.Add(added);
                    AddManifest(tar, new ArchiveManifest(1, Computer.Version, time.GetUtcNow(), files));
                }
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, target);
        }
        finally
        {
            File.Delete(copy);
            File.Delete(partial);
        }
        return (files.Count, files.Sum(f => f.Bytes));
    }

    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static void CopyDatabase(string database, string copy)
    {
        SystemSqlite.Use();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, DefaultTimeout = 60, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "VACUUM INTO $copy";
        command.Parameters.AddWithValue("$copy", copy);
        command.ExecuteNonQuery();
    }

    // Links are none of ours and are not followed.
    private static IEnumerable<string> Walk(string root) => new DirectoryInfo(root).EnumerateFileSystemInfos().Where(e => !LeftOut.Contains(e.Name))
        .SelectMany(e => e is DirectoryInfo folder
            ? folder.EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            : [(FileInfo)e])
        .Where(f => f.LinkTarget is null).Select(f => f.FullName);

    // A file may go while the directory is read: a checkpoint that is kept no longer.
    private static ArchivedFile? TryAdd(TarWriter tar, string path, string name)
    {
        try
        {
            return Add(tar, path, name);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static ArchivedFile Add(TarWriter tar, string path, string name)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var content = new HashedPrefix(file, file.Length);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = OwnerOnly });
        return new ArchivedFile(name, content.Length, content.Sha256());
    }

    private static void AddManifest(TarWriter tar, ArchiveManifest manifest) => tar.WriteEntry(
        new PaxTarEntry(TarEntryType.RegularFile, ManifestName) { DataStream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, Http.Json.Options)), Mode = OwnerOnly });

    /// <summary>The first bytes of a file that may still grow, hashed as they are read.</summary>
    private sealed class HashedPrefix(FileStream file, long length) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _position;

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public string Sha256() => Convert.ToHexStringLower(_hash.GetHashAndReset());

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = file.Read(buffer[..(int)Math.Min(buffer.Length, length - _position)]);
            if (read == 0 && _position < length && buffer.Length > 0)
                throw new ArchiveRefusedException($"{file.Name} became shorter while it was read; try again.");
            _hash.AppendData(buffer[..read]);
            _position += read;
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() { }

        protected override void Dispose(bool disposing)
        {
            _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
