using System.Runtime.InteropServices;

namespace WebLab.Engine.Jobs;

/// <summary>Writes that a power cut cannot tear: content first, then the name, each forced to the disk.</summary>
public static class Durable
{
    /// <summary>Replaces a small file whole: a reader sees the old or the new content, never a part.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool sync = true)
    {
        var next = path + ".next";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(content);
            if (sync) file.Flush(flushToDisk: true);
        }
        File.Move(next, path, overwrite: true);
        if (sync) SyncFolder(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
    }

    /// <summary>Replaces a large file whole, written piece by piece. What fails half-way leaves the old content.</summary>
    public static void Replace(string path, Action<Stream> write)
    {
        var next = path + ".next";
        try
        {
            using (var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(next, path, overwrite: true);
        }
        catch
        {
            File.Delete(next);
            throw;
        }
        SyncFolder(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
    }

    /// <summary>Forces a file that is already written to the disk.</summary>
    public static void SyncFile(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Forces the names in a folder to the disk, so that a rename survives a power cut.</summary>
    /// <exception cref="IOException">The folder cannot be opened or the disk refuses.</exception>
    public static void SyncFolder(string path)
    {
        var handle = open(path, ReadOnlyFolder);
        if (handle < 0) throw Error($"cannot open {path}");
        try
        {
            // Some file systems (network shares) know no sync of folders: EINVAL there is not a loss.
            if (fsync(handle) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument) throw Error($"cannot sync {path}");
        }
        finally
        {
            _ = close(handle);
        }
    }

    private const int ReadOnlyFolder = 0x80000, InvalidArgument = 22; // O_RDONLY | O_CLOEXEC; EINVAL

    private static IOException Error(string what)
    {
        var code = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(code)}", code);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int handle);

    [DllImport("libc")]
    private static extern int close(int handle);
}
