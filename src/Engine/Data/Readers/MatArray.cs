using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Data.Readers;

/// <summary>
/// One numeric array of a MATLAB MAT-file of level 5 (v5 to v7), read front to back in its stored order: the first dimension runs fastest.
/// </summary>
/// <remarks>
/// Layout (MathWorks, "MAT-File Level 5 Format"): 128 bytes of header, then elements of an 8-byte tag (type, bytes) and a body. An array is
/// an element of type 14 whose body holds the elements flags, dimensions, name and numbers, each padded to 8 bytes; a body of at most
/// 4 bytes may lie in its tag. Type 15 is an array packed by zlib. Later files (v7.3) are HDF5.
/// </remarks>
internal sealed class MatArray : IDisposable
{
    private const int HeaderBytes = 128, Matrix = 14, Compressed = 15, MostDimensions = 8, LongestName = 256;
    private const int FirstNumeric = 6, LastNumeric = 15, ComplexFlag = 0x800;

    private static readonly string[] Classes = ["", "cell array", "structure", "object", "text", "sparse array"];

    private readonly TreeFile _file;
    private readonly Stream _stream;
    private readonly bool _bigEndian;
    private Stream _numbers = Stream.Null;
    private Slice? _body;

    private MatArray(Stream stream, TreeFile file, string name)
    {
        (_stream, _file, Name) = (stream, file, name);
        _bigEndian = ReadHeader();
    }

    public string Name { get; }

    public IReadOnlyList<int> Dimensions { get; private set; } = [];

    /// <summary>How the numbers are stored.</summary>
    public MatType Type { get; private set; }

    /// <summary>How many numbers there are.</summary>
    public long Count { get; private set; }

    /// <summary>Finds an array by its name; the caller disposes it.</summary>
    /// <exception cref="DatasetRefused">No such file format, no such array, or a broken file.</exception>
    public static MatArray Open(FileTree files, TreeFile file, string name)
    {
        var stream = new BufferedStream(files.Open(file), 1 << 16);
        try
        {
            var array = new MatArray(stream, file, name);
            array.Find();
            return array;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The next bytes as they are stored.</summary>
    public void Read(Span<byte> bytes) => FileTree.Fill(_numbers, bytes, _file);

    /// <summary>The next number, which must be whole.</summary>
    public long Next()
    {
        Span<byte> bytes = stackalloc byte[Type.Bytes()];
        Read(bytes);
        if (_bigEndian) bytes.Reverse();
        return Type switch
        {
            MatType.Int8 => (sbyte)bytes[0],
            MatType.UInt8 => bytes[0],
            MatType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            MatType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            MatType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            MatType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            MatType.Single => Whole(BinaryPrimitives.ReadSingleLittleEndian(bytes)),
            MatType.Double => Whole(BinaryPrimitives.ReadDoubleLittleEndian(bytes)),
            _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        };
    }

    /// <summary>After the last number: reads the array's end, where the packing's checksum is compared.</summary>
    public void End()
    {
        Span<byte> padding = stackalloc byte[8];
        try
        {
            if (_numbers.ReadAtLeast(padding, padding.Length, throwOnEndOfStream: false) == padding.Length) throw Refused($"{Name} goes on after its {Count} numbers");
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw DatasetRefused.File($"{_file.Name} is broken or ends early", e);
        }

        Skip(_stream, _body!.Left);
    }

    public void Dispose()
    {
        _numbers.Dispose();
        _stream.Dispose();
    }

    // True: the numbers are big-endian.
    private bool ReadHeader()
    {
        var head = new byte[HeaderBytes];
        var got = _stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        var text = Encoding.Latin1.GetString(head, 0, Math.Min(got, 116));
        if (text.StartsWith("MATLAB 7.3", StringComparison.Ordinal) || head.AsSpan(1).StartsWith("HDF\r\n"u8))
            throw Refused("is a v7.3 MAT-file (HDF5); save it as version 7 or older: save(NAME, VARIABLES, '-v7')");
        if (got < HeaderBytes) throw Refused($"has {got} bytes; a MAT-file begins with {HeaderBytes} bytes of header");
        return (head[126], head[127]) switch
        {
            ((byte)'I', (byte)'M') => false,
            ((byte)'M', (byte)'I') => true,
            _ => throw Refused("is no MAT-file of level 5 (MATLAB 5 to 7): the endian mark IM is missing"),
        };
    }

    // Goes from element to element; what is not asked for is passed over without being unpacked.
    private void Find()
    {
        while (Tag(_stream, mayEnd: true) is var (type, bytes, _) && type != 0)
        {
            if (type is not (Matrix or Compressed)) throw Refused($"holds an element of type {type} where an array was expected");
            _body = new Slice(_stream, bytes);
            if (Holds(type == Compressed ? Unpacked(_body) : _body)) return;
            Skip(_stream, _body.Left);
        }

        throw Refused($"holds no array named {Name}");
    }

    private BufferedStream Unpacked(Slice body)
    {
        var unpacked = new BufferedStream(new ZLibStream(body, CompressionMode.Decompress, leaveOpen: true), 1 << 16);
        var (type, _, _) = Tag(unpacked);
        return type == Matrix ? unpacked : throw Refused($"holds a packed element of type {type} where an array was expected");
    }

    /// <summary>Reads the array's own header. True: it is the one, and what follows in the stream are its numbers.</summary>
    private bool Holds(Stream body)
    {
        var flags = (int)Number(Part(body, MatType.UInt32, 8, 8).AsSpan(0, 4));
        var dimensions = Part(body, MatType.Int32, 4, 4 * MostDimensions);
        var name = Encoding.UTF8.GetString(Part(body, MatType.Int8, 1, LongestName));
        if (name != Name) return false;
        var kind = flags & 0xFF;
        if (kind is < FirstNumeric or > LastNumeric || (flags & ComplexFlag) != 0)
            throw Refused($"{name} is {((flags & ComplexFlag) != 0 ? "complex" : kind < Classes.Length ? $"a {Classes[kind]}" : $"of class {kind}")}; wanted an array of real numbers");
        Dimensions = [.. dimensions.Chunk(4).Select(d => (int)Number(d))];
        if (Dimensions.Count < 2 || Dimensions.Any(d => d < 0)) throw Refused($"{name} has the dimensions {Shown()}");
        Describe(body);
        return true;
    }

    private void Describe(Stream body)
    {
        var (type, bytes, small) = Tag(body);
        Type = (MatType)type;
        if (Type.Bytes() == 0) throw Refused($"{Name} is stored as type {type}, which is no type of numbers");
        Count = Dimensions.Aggregate(1L, (a, d) => a <= int.MaxValue ? a * d : a);
        if (Count > int.MaxValue || Count * Type.Bytes() != bytes)
            throw Refused($"{Name} has {bytes} bytes of numbers, which do not make {Shown()} of {Type}");
        _numbers = small is null ? body : new MemoryStream(small, 0, bytes);
    }

    // A part of an array's header with its padding; its bytes are a multiple of unit.
    private byte[] Part(Stream stream, MatType wanted, int unit, int most)
    {
        var (type, bytes, small) = Tag(stream);
        if (type != (int)wanted || bytes > most || bytes % unit != 0 || (bytes == 0 && unit == most)) throw Refused($"a part of an array's header has type {type} and {bytes} bytes; wanted {wanted}, at most {most} bytes");
        if (small is not null) return small[..bytes];
        var part = new byte[bytes];
        FileTree.Fill(stream, part, _file);
        Skip(stream, -bytes & 7);
        return part;
    }

    // Small: the body, where it lies in the tag itself. Type 0: the end, where it may come.
    private (int Type, int Bytes, byte[]? Small) Tag(Stream stream, bool mayEnd = false)
    {
        var tag = new byte[8];
        if (mayEnd && stream.ReadAtLeast(tag, 1, throwOnEndOfStream: false) is var got && got < tag.Length)
        {
            if (got == 0) return (0, 0, null);
            FileTree.Fill(stream, tag.AsSpan(got), _file);
        }
        else if (!mayEnd)
        {
            FileTree.Fill(stream, tag, _file);
        }

        var (first, second) = (Number(tag.AsSpan(0, 4)), Number(tag.AsSpan(4)));
        if (first >> 16 is not 0 and var few)
            return few <= 4 ? ((int)(first & 0xFFFF), (int)few, tag[4..]) : throw Refused($"an element claims {few} bytes in its tag, which holds 4");
        return second <= int.MaxValue ? ((int)first, (int)second, null) : throw Refused($"an element claims {second} bytes");
    }

    private uint Number(ReadOnlySpan<byte> four) => _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(four) : BinaryPrimitives.ReadUInt32LittleEndian(four);

    private long Whole(double number) => Math.Floor(number) == number && Math.Abs(number) < 1e15 ? (long)number : throw Refused($"{Name} holds {number}; wanted whole numbers");

    private void Skip(Stream stream, long bytes)
    {
        var passed = new byte[Math.Min(bytes, 1 << 16)];
        for (; bytes > 0; bytes -= passed.Length) FileTree.Fill(stream, passed.AsSpan(0, (int)Math.Min(bytes, passed.Length)), _file);
    }

    private string Shown() => string.Join(" x ", Dimensions);

    private DatasetRefused Refused(string what) => DatasetRefused.File($"{_file.Name}: {what}");

    /// <summary>The next bytes of a stream, and how many of them are left.</summary>
    private sealed class Slice(Stream inner, long bytes) : Stream
    {
        public long Left { get; private set; } = bytes;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer[..(int)Math.Min(buffer.Length, Left)]);
            Left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>Types of numbers in a MAT-file, by their numbers there.</summary>
internal enum MatType
{
    Int8 = 1,
    UInt8 = 2,
    Int16 = 3,
    UInt16 = 4,
    Int32 = 5,
    UInt32 = 6,
    Single = 7,
    Double = 9,
    Int64 = 12,
    UInt64 = 13,
}

internal static class MatTypes
{
    /// <summary>Bytes of one number; 0 for what is no type of numbers.</summary>
    public static int Bytes(this MatType type) => type switch
    {
        MatType.Int8 or MatType.UInt8 => 1,
        MatType.Int16 or MatType.UInt16 => 2,
        MatType.Int32 or MatType.UInt32 or MatType.Single => 4,
        MatType.Double or MatType.Int64 or MatType.UInt64 => 8,
        _ => 0,
    };
}
