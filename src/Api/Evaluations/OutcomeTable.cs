using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using WebLab.Engine.Evaluations;

namespace WebLab.Api.Evaluations;

/// <summary>
/// Reads columns of <c>outcomes.safetensors</c> and <c>adversarial.safetensors</c> without a tensor library: an 8-byte header length, a JSON
/// header, raw little-endian data. Of a large file only what is asked for is read.
/// </summary>
internal sealed class OutcomeTable
{
    private const int MaxHeader = 16 << 20;
    private readonly Dictionary<string, (string Type, long[] Shape, long Begin, long End)> _columns = [];
    private readonly string _path;
    private readonly long _from;

    private OutcomeTable(string path, long from) => (_path, _from) = (path, from);

    /// <summary>Names before the dot, such as <c>clean</c> and <c>pgd20</c>, without <c>clean</c>.</summary>
    public IReadOnlyList<string> Attacks => [.. _columns.Keys.Where(k => k.EndsWith(".broken", StringComparison.Ordinal)).Select(k => k[..^".broken".Length])];

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static OutcomeTable Read(string path)
    {
        using var file = File.OpenHandle(path);
        var (length, prefix) = (RandomAccess.GetLength(file), new byte[8]);
        var header = RandomAccess.Read(file, prefix, 0) == 8 ? BinaryPrimitives.ReadInt64LittleEndian(prefix) : 0;
        if (header is < 2 or > MaxHeader || 8 + header > length) throw new InvalidDataException($"{Path.GetFileName(path)}: its header does not fit the file");
        var text = new byte[header];
        Fill(file, text, 8);
        var table = new OutcomeTable(path, 8 + header);
        using var json = JsonDocument.Parse(text);
        foreach (var entry in json.RootElement.EnumerateObject().Where(e => e.Name != "__metadata__"))
        {
            var offsets = entry.Value.GetProperty("data_offsets");
            var (begin, end) = (offsets[0].GetInt64(), offsets[1].GetInt64());
            if (begin < 0 || end < begin || table._from + end > length) throw new InvalidDataException($"{entry.Name}: its place lies outside the file");
            table._columns[entry.Name] = (entry.Value.GetProperty("dtype").GetString()!, [.. entry.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())], begin, end);
        }
        return table;
    }

    public bool Has(string name) => _columns.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => Find(name).Shape;

    public long[] Integers(string name) => Column<long>(name, "I64");

    public bool[] Flags(string name) => [.. Column<byte>(name, "BOOL").Select(b => b != 0)];

    public float[] Numbers(string name) => Column<float>(name, "F32");

    /// <summary>One entry along the first axis.</summary>
    public float[] Numbers(string name, int row)
    {
        var (type, shape, begin, end) = Find(name);
        if (type != "F32" || shape.Length == 0 || row < 0 || row >= shape[0]) throw new InvalidDataException($"{name}: has no row {row} of F32");
        var bytes = (end - begin) / shape[0];
        return Read<float>(begin + (row * bytes), bytes);
    }

    /// <summary>All of it, in the words of the statistics. Files of old have no column of what was tried: everything that was right.</summary>
    public Outcomes Outcomes()
    {
        var (label, predicted) = (Integers("clean.label"), Integers("clean.predicted"));
        var right = label.Zip(predicted, (y, p) => y == p).ToArray();
        return new Outcomes(Integers("index"), label, predicted, [.. Attacks.Select(a => new AttackOutcomes(a, Has($"{a}.tried") ? Flags($"{a}.tried") : right,
            Flags($"{a}.broken"), Flags($"{a}.error"), Integers($"{a}.predicted"), Known($"{a}.linf"), Known($"{a}.l2"), Known($"{a}.l1"),
            Counted($"{a}.forwards"), Counted($"{a}.backwards")) { Margin = Has($"{a}.margin") ? Numbers($"{a}.margin") : null })])
        {
            Margin = Has("clean.margin") ? Numbers("clean.margin") : null,
            Error = Has("clean.error") ? Flags("clean.error") : null,
        };

        float[] Known(string name) => Has(name) ? Numbers(name) : [];
        long[] Counted(string name) => Has(name) ? Integers(name) : [];
    }

    private (string Type, long[] Shape, long Begin, long End) Find(string name) =>
        _columns.TryGetValue(name, out var column) ? column : throw new InvalidDataException($"{name} is missing");

    private T[] Column<T>(string name, string type)
        where T : struct
    {
        var column = Find(name);
        if (column.Type != type) throw new InvalidDataException($"{name}: got {column.Type}, want {type}");
        return Read<T>(column.Begin, column.End - column.Begin);
    }

    // The files are little-endian, and so is every machine that .NET runs on here.
    private T[] Read<T>(long begin, long bytes)
        where T : struct
    {
        var values = new T[bytes / Marshal.SizeOf<T>()];
        using var file = File.OpenHandle(_path);
        Fill(file, MemoryMarshal.AsBytes(values.AsSpan()), _from + begin);
        return values;
    }

    private static void Fill(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> into, long at)
    {
        while (into.Length > 0)
        {
            var read = RandomAccess.Read(file, into, at);
            if (read == 0) throw new InvalidDataException("the file ends early");
            into = into[read..];
            at += read;
        }
    }
}
