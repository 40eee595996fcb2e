using System.Buffers.Binary;
using System.Text;

namespace WebLab.Engine.Onnx;

/// <summary>A message in the encoding of protocol buffers, field after field. Large fields are kept, not copied, until it is written.</summary>
internal sealed class ProtoMessage
{
    private const int Varint = 0, Delimited = 2, Fixed32 = 5;

    private readonly List<byte[]> _parts = [];

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>An int64, int32 or enum field.</summary>
    public ProtoMessage Add(int field, long value)
    {
        Append([.. Encoded((ulong)((field << 3) | Varint)), .. Encoded((ulong)value)]);
        return this;
    }

    public ProtoMessage Add(int field, float value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Append([.. Encoded((ulong)((field << 3) | Fixed32)), .. bytes]);
        return this;
    }

    public ProtoMessage Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    public ProtoMessage Add(int field, byte[] bytes)
    {
        Head(field, bytes.Length);
        Append(bytes);
        return this;
    }

    public ProtoMessage Add(int field, ProtoMessage message)
    {
        Head(field, message.Length);
        return Append(message);
    }

    /// <summary>The fields of another message after its own.</summary>
    public ProtoMessage Append(ProtoMessage message)
    {
        foreach (var part in message._parts) Append(part);
        return this;
    }

    public void WriteTo(Stream stream)
    {
        foreach (var part in _parts) stream.Write(part);
    }

    private void Head(int field, long length) => Append([.. Encoded((ulong)((field << 3) | Delimited)), .. Encoded((ulong)length)]);

    private void Append(byte[] bytes)
    {
        _parts.Add(bytes);
        Length += bytes.Length;
    }

    // Seven bits a byte, the lowest first; the high bit says that another follows.
    private static byte[] Encoded(ulong value)
    {
        var bytes = new List<byte>(10);
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
