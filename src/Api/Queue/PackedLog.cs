using System.IO.Compression;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>A log that lies packed beside its place (<c>events.jsonl.gz</c>) until somebody reads it. Nothing of it is lost: it is the truth about its run.</summary>
internal static class PackedLog
{
    // Lines of a log are alike from end to end: its first part says what the whole packs to.
    private const int Sample = 1 << 20;

    // Writers hold it together, whoever swaps a log for its packed form alone.
    private static readonly ReaderWriterLockSlim Swap = new();

    public static string Of(string log) => log + ".gz";

    /// <summary>Packs a log.</summary>
    /// <returns>Bytes that this freed; 0 where it grew meanwhile and stays.</returns>
    public static long Pack(string log)
    {
        var (packed, before) = (Of(log), new FileInfo(log).Length);
        Durable.Replace(packed, to =>
        {
            using var from = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var gzip = new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true);
            from.CopyTo(gzip);
        });
        Swap.EnterWriteLock();
        try
        {
            if (new FileInfo(log).Length == before) File.Delete(log);
            else File.Delete(packed);
        }
        finally
        {
            Swap.ExitWriteLock();
        }
        return File.Exists(packed) ? before - new FileInfo(packed).Length : 0;
    }

    /// <summary>About what packing would free, in bytes.</summary>
    public static long Saving(string log)
    {
        using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var part = new byte[Math.Min(Sample, file.Length)];
        file.ReadExactly(part);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(part);
        return part.Length == 0 ? 0 : Math.Max(0, file.Length - (long)(packed.Length * ((double)file.Length / part.Length)));
    }

    /// <summary>Brings a packed log back to its place.</summary>
    public static void Unpack(string log)
    {
        if (File.Exists(log) || !File.Exists(Of(log))) return;
        Swap.EnterWriteLock();
        try
        {
            if (File.Exists(log) || !File.Exists(Of(log))) return;
            Durable.Replace(log, to =>
            {
                using var gzip = new GZipStream(File.OpenRead(Of(log)), CompressionMode.Decompress);
                gzip.CopyTo(to);
            });
            File.Delete(Of(log));
        }
        finally
        {
            Swap.ExitWriteLock();
        }
    }

    /// <summary>Writes to a log that is in its place, and stays there meanwhile.</summary>
    public static T Writing<T>(string log, Func<T> write)
    {
        while (true)
        {
            Unpack(log);
            Swap.EnterReadLock();
            try
            {
                if (File.Exists(log) || !File.Exists(Of(log))) return write();
            }
            finally
            {
                Swap.ExitReadLock();
            }
        }
    }
}
