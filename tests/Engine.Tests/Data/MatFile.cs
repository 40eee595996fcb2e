using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace WebLab.Engine.Tests.Data;

/// <summary>Writes MAT-files of level 5 as MATLAB does, element by element.</summary>
internal sealed class MatFile(bool bigEndian = false, bool packed = true, CompressionLevel level = CompressionLevel.Fastest)
{
    private readonly List<byte[]> _elements = [];

    public const int UInt8 = 2, Double = 9, UInt8Class = 9, DoubleClass = 6;

    /// <summary>A numeric array; its numbers as bytes of the type.</summary>
    public MatFile Add(string name, int[] dimensions, int kind, int type, byte[] numbers)
    {
        byte[] body = [.. Part(6, [.. Number((uint)kind), .. Number(0)]), .. Part(5, [.. dimensions.SelectMany(d => Number((uint)d))]),
            .. Part(1, Encoding.ASCII.GetBytes(name)), .. Part(type, numbers)];
        return AddRaw(14, body);
    }

    public MatFile AddRaw(int type, byte[] body)
    {
        byte[] element = [.. Number((uint)type), .. Number((uint)body.Length), .. body];
        if (packed)
        {
            var zlib = new MemoryStream();
            using (var to = new ZLibStream(zlib, level, leaveOpen: true)) to.Write(element);
            element = [.. Number(15), .. Number((uint)zlib.Length), .. zlib.ToArray()];
        }

        _elements.Add(element);
        return this;
    }

    public byte[] Bytes()
    {
        var head = Enumerable.Repeat((byte)' ', 128).ToArray();
        Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file, Platform: GLNXA64, Created on: Mon Dec  5 21:18:15 2011").CopyTo(head, 0);
        head.AsSpan(116, 8).Clear();
        (bigEndian ? new byte[] { 1, 0, (byte)'M', (byte)'I' } : [0, 1, (byte)'I', (byte)'M']).CopyTo(head, 124);
        return [.. head, .. _elements.SelectMany(e => e)];
    }

    public byte[] Doubles(params double[] numbers) => [.. numbers.SelectMany(n =>
    {
        var bytes = new byte[8];
        if (bigEndian) BinaryPrimitives.WriteDoubleBigEndian(bytes, n);
        else BinaryPrimitives.WriteDoubleLittleEndian(bytes, n);
        return bytes;
    })];

    // At most 4 bytes lie in the tag itself, as MATLAB writes them; more are padded to 8.
    private byte[] Part(int type, byte[] body) => body.Length is > 0 and <= 4
        ? [.. Number((uint)(body.Length << 16 | type)), .. body, .. new byte[4 - body.Length]]
        : [.. Number((uint)type), .. Number((uint)body.Length), .. body, .. new byte[-body.Length & 7]];

    private byte[] Number(uint n)
    {
        var bytes = new byte[4];
        if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(bytes, n);
        else BinaryPrimitives.WriteUInt32LittleEndian(bytes, n);
        return bytes;
    }
}
