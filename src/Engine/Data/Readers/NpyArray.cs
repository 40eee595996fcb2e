using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Data.Readers;

/// <summary>One array of NumPy's file format (.npy, versions 1 and 2) of bytes or little-endian integers in C order, read front to back.</summary>
/// <remarks>
/// Layout (NumPy Enhancement Proposal 1): 0x93 "NUMPY", two bytes of version, the header's length (16 bits; 32 in version 2), the header (a
/// Python dictionary of descr, fortran_order and shape), then the numbers. Arrays of objects are pickles, which run code: refused.
/// </remarks>
internal sealed partial class NpyArray : IDisposable
{
    private const int LongestHeader = 4096;

    private readonly TreeFile _file;
    private readonly Stream _stream;

    private NpyArray(TreeFile file, Stream stream) => (_file, _stream) = (file, stream);

    /// <summary>NumPy's name: |u1, |i1, &lt;i4 or &lt;i8.</summary>
    public string Type { get; private set; } = "";

    public IReadOnlyList<int> Shape { get; private set; } = [];

    /// <summary>How many numbers there are.</summary>
    public long Count => Shape.Aggregate(1L, (a, d) => a * d);

    /// <summary>Opens an array behind its header; the caller disposes it.</summary>
    /// <exception cref="DatasetRefused">No such format, another type or order, or another length than its header says.</exception>
    public static NpyArray Open(FileTree files, TreeFile file)
    {
        var array = new NpyArray(file, new BufferedStream(files.Open(file), 1 << 16));
        try
        {
            array.ReadHeader();
            return array;
        }
        catch
        {
            array.Dispose();
            throw;
        }
    }

    /// <summary>The next bytes as they are stored.</summary>
    public void Read(Span<byte> bytes) => FileTree.Fill(_stream, bytes, _file);

    /// <summary>The next number.</summary>
    public long Next()
    {
        Span<byte> bytes = stackalloc byte[Bytes(Type)];
        Read(bytes);
        return Type switch
        {
            "|u1" => bytes[0],
            "|i1" => (sbyte)bytes[0],
            "<i4" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        };
    }

    public override string ToString() => $"{(Shape.Count == 0 ? "a single number" : string.Join(" x ", Shape))} of {Type}";

    public void Dispose() => _stream.Dispose();

    private void ReadHeader()
    {
        var head = new byte[8];
        FileTree.Fill(_stream, head, _file);
        if (head[0] != 0x93 || !head.AsSpan(1).StartsWith("NUMPY"u8)) throw Refused("is no NumPy array: it does not begin with \\x93NUMPY");
        if (head[6] is not (1 or 2)) throw Refused($"is of version {head[6]}.{head[7]} of the format; 1 and 2 are read");
        var size = new byte[head[6] == 1 ? 2 : 4];
        FileTree.Fill(_stream, size, _file);
        var length = size.Length == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(size) : BinaryPrimitives.ReadUInt32LittleEndian(size);
        if (length > LongestHeader) throw Refused($"claims a header of {length} bytes");
        var text = new byte[length];
        FileTree.Fill(_stream, text, _file);
        Parse(Encoding.Latin1.GetString(text));
        var whole = head.Length + size.Length + length + Count * Bytes(Type);
        if (_file.Bytes != whole) throw Refused($"has {_file.Bytes} bytes; its header promises {this}, which makes {whole}");
    }

    private void Parse(string header)
    {
        if (Structured().IsMatch(header)) throw Refused("is a table of several fields; wanted plain numbers");
        if (Dictionary().Match(header) is not { Success: true } match || match.Groups["key"].Captures.Select(c => c.Value).Order().ToArray() is not ["descr", "fortran_order", "shape"])
            throw Refused("has a header that is not {'descr': ..., 'fortran_order': ..., 'shape': ...}");
        Type = match.Groups["type"].Value;
        if (Type.Contains('O')) throw Refused("holds Python objects (a pickle), which are not opened");
        if (Bytes(Type) == 0) throw Refused($"holds numbers of type {Type}; wanted |u1, |i1, <i4 or <i8");
        if (match.Groups["fortran"].Value == "True") throw Refused("is in Fortran order; save it by numpy.ascontiguousarray");
        var sizes = match.Groups["size"].Captures.Select(c => c.Value).ToArray();
        if (sizes.Length > 8 || sizes.Any(s => s.Length > 9)) throw Refused($"has the shape ({string.Join(", ", sizes)})");
        Shape = [.. sizes.Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
        if (Shape.Aggregate(1.0, (a, d) => a * d) > 1L << 40) throw Refused($"claims the shape {string.Join(" x ", Shape)}");
    }

    private static int Bytes(string type) => type switch
    {
        "|u1" or "|i1" => 1,
        "<i4" => 4,
        "<i8" => 8,
        _ => 0,
    };

    private DatasetRefused Refused(string what) => DatasetRefused.File($"{_file.Name} {what}");

    [GeneratedRegex(@"\A\{\s*(?:'(?<key>\w+)'\s*:\s*(?:'(?<type>[^']{1,16})'|(?<fortran>True|False)|\(\s*(?:(?<size>\d+)\s*(?:,\s*(?<size>\d+)\s*)*,?\s*)?\))\s*,?\s*){3}\}\s*\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Dictionary();

    [GeneratedRegex(@"'descr'\s*:\s*\[", RegexOptions.ExplicitCapture)]
    private static partial Regex Structured();
}
