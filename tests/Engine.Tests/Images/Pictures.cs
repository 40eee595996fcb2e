using System.Buffers.Binary;
using System.IO.Compression;
using WebLab.Engine.Images;

namespace WebLab.Engine.Tests.Images;

/// <summary>Pictures and hostile files made by the tests.</summary>
internal static class Pictures
{
    public static RgbImage Noise(int width, int height, int seed = 1)
    {
        var pixels = new byte[width * height * 3];
        new System.Random(seed).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }

    public static RgbImage Gradient(int width, int height) =>
        new(width, height, [.. Enumerable.Range(0, width * height).SelectMany(i => new[] { (byte)(i % width * 3), (byte)(i / width * 5), (byte)i })]);

    /// <summary>A PNG that declares a size and holds next to nothing.</summary>
    public static byte[] PngOf(uint width, uint height, byte depth = 1, byte colour = 0, params (string Type, byte[] Body)[] extra)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (depth, colour);
        return [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR", header), .. extra.SelectMany(e => Chunk(e.Type, e.Body)), .. Chunk("IDAT", Zlib(new byte[10])), .. Chunk("IEND", [])];
    }

    public static byte[] Zlib(byte[] plain)
    {
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) zlib.Write(plain);
        return packed.ToArray();
    }

    public static byte[] Chunk(string type, byte[] body)
    {
        var chunk = new byte[body.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        System.Text.Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        body.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(body.Length + 8), Crc32(chunk.AsSpan(4, body.Length + 4)));
        return chunk;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var k = 0; k < 8; k++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }

        return ~crc;
    }
}
