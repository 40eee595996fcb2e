using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using WebLab.Api.Store;

namespace WebLab.Api.Machine;

/// <summary>Puts a backup back. Everything is unpacked and checked beside the present content, which is then moved aside, never deleted.</summary>
public static class Restore
{
    /// <returns>Where the former content lies; null when there was none.</returns>
    /// <exception cref="ArchiveRefusedException">The file is no backup, is damaged or hostile; nothing was changed.</exception>
    /// <exception cref="StoreRefusedException">A server uses the directory.</exception>
    public static string? Read(DataDirectory data, string source, TimeProvider time)
    {
        using var alone = InstanceLock.Take(data);
        var stamp = time.GetUtcNow().ToString("yyyyMMdd-HHmmss");
        var staging = Directory.CreateDirectory(DataDirectory.Child(data.Backups, "restoring-" + stamp)).FullName;
        try
        {
            Unpack(source, staging);
            CheckDatabase(Path.Combine(staging, Archive.DatabaseName));
            var former = MoveAside(data, DataDirectory.Child(data.Backups, "before-restore-" + stamp));
            foreach (var entry in new DirectoryInfo(staging).EnumerateFileSystemInfos())
                Directory.Move(entry.FullName, Path.Combine(data.Root, entry.Name));
            return former;
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    private static void Unpack(string source, string staging)
    {
        try
        {
            using var file = File.OpenRead(source);
            using var body = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            using var tar = new TarReader(body);
            var found = new Dictionary<string, ArchivedFile>();
            ArchiveManifest? manifest = null;
            while (tar.GetNextEntry() is { } entry)
            {
                if (manifest is not null)
                    throw new ArchiveRefusedException($"{source}: '{entry.Name}' follows the manifest.");
                if (entry.Name == Archive.ManifestName)
                    manifest = JsonSerializer.Deserialize<ArchiveManifest>(entry.DataStream!, Http.Json.Options);
                else if (!found.TryAdd(entry.Name, Extract(entry, staging)))
                    throw new ArchiveRefusedException($"{source}: '{entry.Name}' is there twice.");
            }
            Check(manifest ?? throw new ArchiveRefusedException($"{source} has no {Archive.ManifestName}: it is no backup, or cut short."), found, source);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException or FileNotFoundException or FormatException)
        {
            throw new ArchiveRefusedException($"{source} cannot be read as a backup: {e.Message}", e);
        }
    }

    private static bool IsGzip(FileStream file)
    {
        var gzip = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        return gzip;
    }

    private static ArchivedFile Extract(TarEntry entry, string staging)
    {
        var parts = entry.Name.Split('/');
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || parts.Any(p => p.Length == 0 || p.Trim('.').Length == 0 || p.Contains('\0')))
            throw new ArchiveRefusedException($"'{entry.Name}' ({entry.EntryType}) is not a plain file below the data directory.");
        var folder = staging;
        foreach (var part in parts[..^1])
        {
            folder = Path.Combine(folder, part);
            Directory.CreateDirectory(folder);
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = new FileStream(Path.Combine(folder, parts[^1]), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = parts[0] == "keys" ? Archive.OwnerOnly : Archive.OwnerOnly | UnixFileMode.GroupRead,
        });
        var buffer = new byte[1 << 16];
        long bytes = 0;
        while (entry.DataStream?.Read(buffer) is { } read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            file.Write(buffer, 0, read);
            bytes += read;
        }
        return new ArchivedFile(entry.Name, bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static void Check(ArchiveManifest manifest, Dictionary<string, ArchivedFile> found, string source)
    {
        if (manifest.Format != 1)
            throw new ArchiveRefusedException($"{source} has format {manifest.Format}; this program reads 1. It was made by WebLab {manifest.Version}.");
        foreach (var wanted in manifest.Files)
            if (!found.Remove(wanted.Name, out var got) || got != wanted)
                throw new ArchiveRefusedException($"{source}: '{wanted.Name}' is missing or not what was backed up.");
        if (found.Count > 0)
            throw new ArchiveRefusedException($"{source}: '{found.Keys.First()}' is not in its manifest.");
    }

    private static void CheckDatabase(string database)
    {
        SystemSqlite.Use();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check(1)";
        if (command.ExecuteScalar() as string is not "ok" and var verdict)
            throw new ArchiveRefusedException($"The database in the backup is damaged: {verdict}");
    }

    private static string? MoveAside(DataDirectory data, string aside)
    {
        var had = File.Exists(data.Database);
        Directory.CreateDirectory(aside);
        foreach (var entry in new DirectoryInfo(data.Root).EnumerateFileSystemInfos())
            if (entry.FullName != data.Backups && entry.FullName != data.InstanceLock)
                Directory.Move(entry.FullName, Path.Combine(aside, entry.Name));
        if (had)
            return aside;
        Directory.Delete(aside, recursive: true);
        return null;
    }
}
