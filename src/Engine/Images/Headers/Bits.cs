using System.Buffers.Binary;

namespace WebLab.Engine.Images.Headers;

/// <summary>Numbers at an offset; reading past the end throws ArgumentOutOfRangeException, which the header's reader turns into a refusal.</summary>
internal static class Bits
{
    public static int Big16(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    public static uint Big32(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    public static int Little16(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    public static int Little24(this ReadOnlySpan<byte> bytes, int at) => bytes.Little16(at) | (bytes[at + 2] << 16);

    public static uint Little32(this ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
