namespace WebLab.Engine.Jobs;

/// <summary>One whole line, without its newline.</summary>
/// <param name="Bytes">UTF-8.</param>
/// <param name="End">Byte offset just behind the newline: where reading goes on.</param>
public readonly record struct TailLine(ReadOnlyMemory<byte> Bytes, long End);

/// <summary>Reads the whole lines of a growing file. A torn last line is left until its newline has come.</summary>
public static class LineTail
{
    /// <summary>Whole lines from byte <paramref name="offset"/>; empty when there are none, or no file yet.</summary>
    /// <param name="path">The file; others may be writing to it.</param>
    /// <param name="offset">End of the last line already read, 0 at first.</param>
    /// <param name="maxBytes">About how much to read in one go; a longer line is read whole.</param>
    public static IReadOnlyList<TailLine> Read(string path, long offset, int maxBytes = 1 << 20)
    {
        if (!File.Exists(path)) return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var rest = file.Length - offset;
        if (rest <= 0) return [];
        for (long size = Math.Min(rest, maxBytes); ; size = Math.Min(rest, size * 2))
        {
            var block = GC.AllocateUninitializedArray<byte>((int)size);
            file.Position = offset;
            var lines = Split(block.AsMemory(0, file.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)), offset);
            if (lines.Count > 0 || size == rest) return lines;
        }
    }

    private static List<TailLine> Split(ReadOnlyMemory<byte> block, long offset)
    {
        var lines = new List<TailLine>();
        for (var start = 0; ;)
        {
            var length = block.Span[start..].IndexOf((byte)'\n');
            if (length < 0) return lines;
            lines.Add(new TailLine(block.Slice(start, length), offset + start + length + 1));
            start += length + 1;
        }
    }
}
