using System.Buffers.Binary;
using System.Text.Json;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Torch;

/// <summary>
/// The safetensors format: 8 bytes little-endian length, that many bytes of JSON, then the tensors' bytes. Read without
/// trust: nothing is allocated before the header was checked against the length of the file.
/// </summary>
public static unsafe class Safetensors
{
    /// <summary>The largest header of the engine's own files, bytes.</summary>
    public const int OwnLimit = 16 << 20;

    /// <summary>Reads all tensors, or one, to the CPU.</summary>
    /// <param name="path">The file.</param>
    /// <param name="headerLimit">Bytes a header may have: <see cref="SafetensorsHeader.ImportLimit"/> for files from outside.</param>
    /// <param name="only">The name of the one that is wanted, if it is there; absent: all.</param>
    /// <exception cref="InvalidDataException">The file is not a whole, sound safetensors file.</exception>
    public static Dictionary<string, Tensor> Read(string path, int headerLimit = OwnLimit, string? only = null)
    {
        using var file = File.OpenRead(path);
        var (header, start) = ReadHeader(file, headerLimit);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var entry in header.Entries.Where(e => only is null || e.Name == only))
            tensors.Add(entry.Name, Read(file, start, entry));
        return tensors;
    }

    /// <summary>Reads the header alone: names, types, shapes, metadata.</summary>
    /// <exception cref="InvalidDataException">The file is not a whole, sound safetensors file.</exception>
    public static SafetensorsHeader ReadHeader(string path, int headerLimit = OwnLimit)
    {
        using var file = File.OpenRead(path);
        return ReadHeader(file, headerLimit).Header;
    }

    /// <summary>Writes a file and puts it in its place in one move: a reader sees the old one or the new one.</summary>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        // Wide elements first, so that every tensor is aligned to its element.
        var ordered = tensors.OrderByDescending(t => t.Value.dtype.Size()).ToArray();
        var header = HeaderOf(ordered, metadata);
        Durable.Replace(path, file =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            file.Write(length);
            file.Write(header);
            foreach (var (_, tensor) in ordered)
                Write(file, tensor);
        });
    }

    private static (SafetensorsHeader Header, long Start) ReadHeader(FileStream file, int headerLimit)
    {
        Span<byte> first = stackalloc byte[8];
        if (file.Length < 8)
            throw new InvalidDataException($"safetensors: the file has {file.Length} bytes, want at least 8");
        file.ReadExactly(first);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(first);
        if (length > (ulong)headerLimit)
            throw new InvalidDataException($"safetensors: the header says it has {length} bytes, want at most {headerLimit}");
        if ((long)length > file.Length - 8)
            throw new InvalidDataException($"safetensors: the header says it has {length} bytes, the file {file.Length}");
        var json = new byte[length];
        file.ReadExactly(json);
        var start = 8 + (long)length;
        return (SafetensorsHeader.Parse(json, file.Length - start), start);
    }

    private static Tensor Read(FileStream file, long start, SafetensorsEntry entry)
    {
        using var scope = Scope.Enter();
        // A bool is one byte that must be 0 or 1; a file may hold anything.
        var stored = entry.Type == DType.Bool ? DType.UInt8 : entry.Type;
        var tensor = Ops.empty(entry.Shape, stored);
        file.Position = start + entry.Begin;
        var to = (byte*)tensor.DataPointer();
        for (var left = entry.End - entry.Begin; left > 0;)
        {
            var part = (int)Math.Min(left, 1 << 30);
            file.ReadExactly(new Span<byte>(to, part));
            to += part;
            left -= part;
        }
        GC.KeepAlive(tensor);
        return scope.Keep(entry.Type == DType.Bool ? tensor.ne(0) : tensor);
    }

    private static void Write(Stream file, Tensor tensor)
    {
        using var scope = Scope.Enter();
        using var nograd = NoGrad.Enter();
        var plain = tensor.detach().cpu().contiguous();
        var from = (byte*)plain.DataPointer();
        for (var left = plain.numel() * plain.dtype.Size(); left > 0;)
        {
            var part = (int)Math.Min(left, 1 << 30);
            file.Write(new ReadOnlySpan<byte>(from, part));
            from += part;
            left -= part;
        }
        GC.KeepAlive(plain);
    }

    private static byte[] HeaderOf(KeyValuePair<string, Tensor>[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, text) in metadata)
                    json.WriteString(key, text);
                json.WriteEndObject();
            }
            var at = 0L;
            foreach (var (name, tensor) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsHeader.TypeName(tensor.dtype));
                WriteNumbers(json, "shape", tensor.shape);
                var end = at + tensor.numel() * tensor.dtype.Size();
                WriteNumbers(json, "data_offsets", [at, end]);
                json.WriteEndObject();
                at = end;
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, long[] numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
