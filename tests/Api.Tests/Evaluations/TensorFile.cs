using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace WebLab.Api.Tests.Evaluations;

/// <summary>A tensor of a safetensors file.</summary>
internal sealed record Column(string Name, Array Values, long[] Shape)
{
    public Column(string name, long[] values) : this(name, values, [values.Length]) { }

    public Column(string name, bool[] values) : this(name, values, [values.Length]) { }

    public Column(string name, float[] values) : this(name, values, [values.Length]) { }
}

/// <summary>Writes safetensors files as the engine does, for tests without it.</summary>
internal static class TensorFile
{
    public static void Write(string path, IReadOnlyList<Column> columns)
    {
        var (header, data) = (new Dictionary<string, object>(), new List<byte>());
        foreach (var (name, values, shape) in columns)
        {
            var begin = data.Count;
            data.AddRange(values switch
            {
                long[] whole => MemoryMarshal.AsBytes(whole.AsSpan()).ToArray(),
                float[] numbers => MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray(),
                bool[] flags => flags.Select(f => f ? (byte)1 : (byte)0).ToArray(),
                _ => throw new ArgumentException(name, nameof(columns)),
            });
            header[name] = new { dtype = values switch { long[] => "I64", float[] => "F32", _ => "BOOL" }, shape, data_offsets = new[] { begin, data.Count } };
        }

        var (text, length) = (JsonSerializer.Serialize(header), new byte[8]);
        BinaryPrimitives.WriteInt64LittleEndian(length, Encoding.UTF8.GetByteCount(text));
        File.WriteAllBytes(path, [.. length, .. Encoding.UTF8.GetBytes(text), .. data]);
    }
}
