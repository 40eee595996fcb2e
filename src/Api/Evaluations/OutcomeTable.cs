using System.Buffers.Binary;
using System.Text.Json;

namespace WebLab.Api.Evaluations;

/// <summary>
/// Reads columns of <c>outcomes.safetensors</c> without a tensor library: an 8-byte header length, a JSON header, raw little-endian data.
/// </summary>
internal sealed class OutcomeTable
{
    private const int MaxHeader = 16 << 20;
    private readonly byte[] _data;
    private readonly Dictionary<string, (string Type, int Begin, int End)> _columns = [];

    private OutcomeTable(byte[] data) => _data = data;

    /// <summary>Names before the dot, such as <c>clean</c> and <c>pgd20</c>, without <c>clean</c>.</summary>
    public IReadOnlyList<string> Attacks => [.. _columns.Keys.Where(k => k.EndsWith(".broken", StringComparison.Ordinal)).Select(k => k[..^".broken".Length])];

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static OutcomeTable Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var header = bytes.Length >= 8 ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;
        if (header is < 2 or > MaxHeader || 8 + header > bytes.Length) throw new InvalidDataException($"{Path.GetFileName(path)}: its header does not fit the file");
        var table = new OutcomeTable(bytes[(8 + (int)header)..]);
        using var json = JsonDocument.Parse(bytes.AsMemory(8, (int)header));
        foreach (var entry in json.RootElement.EnumerateObject().Where(e => e.Name != "__metadata__"))
        {
            var offsets = entry.Value.GetProperty("data_offsets");
            var (begin, end) = (offsets[0].GetInt64(), offsets[1].GetInt64());
            if (begin < 0 || end < begin || end > table._data.Length) throw new InvalidDataException($"{entry.Name}: its place lies outside the file");
            table._columns[entry.Name] = (entry.Value.GetProperty("dtype").GetString()!, (int)begin, (int)end);
        }
        return table;
    }

    public long[] Integers(string name) => Column(name, "I64", 8, at => BinaryPrimitives.ReadInt64LittleEndian(at));

    public bool[] Flags(string name) => Column(name, "BOOL", 1, at => at[0] != 0);

    public float[] Numbers(string name) => Column(name, "F32", 4, at => BinaryPrimitives.ReadSingleLittleEndian(at));

    private T[] Column<T>(string name, string type, int size, ReadValue<T> read)
    {
        if (!_columns.TryGetValue(name, out var column)) throw new InvalidDataException($"{name} is missing");
        if (column.Type != type) throw new InvalidDataException($"{name}: got {column.Type}, want {type}");
        var values = new T[(column.End - column.Begin) / size];
        for (var i = 0; i < values.Length; i++) values[i] = read(_data.AsSpan(column.Begin + i * size, size));
        return values;
    }

    private delegate T ReadValue<T>(ReadOnlySpan<byte> at);
}
