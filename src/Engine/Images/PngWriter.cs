using System.Buffers.Binary;
using System.IO.Compression;

namespace WebLab.Engine.Images;

/// <summary>Writes small 8-bit PNG files without any native library (PNG specification, 3rd edition).</summary>
public static class PngWriter
{
    private static readonly uint[] table = [.. Enumerable.Range(0, 256).Select(Entry)];

    /// <summary>Encodes one image.</summary>
    /// <param name="pixels">C x H x W bytes, plane by plane.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, int channels, int height, int width)
    {
        if (channels is not (1 or 3)) throw new ArgumentException($"channels: want 1 or 3; got {channels}", nameof(channels));
        if (pixels.Length != channels * height * width)
            throw new ArgumentException($"pixels: want {channels}x{height}x{width} bytes; got {pixels.Length}", nameof(pixels));
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, (byte)(channels == 3 ? 2 : 0));
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, Compressed(pixels, channels, height, width));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    // Rows of interleaved pixels, each behind filter byte 0 (none).
    private static byte[] Compressed(ReadOnlySpan<byte> pixels, int channels, int height, int width)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[1 + width * channels];
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                    for (var c = 0; c < channels; c++)
                        row[1 + x * channels + c] = pixels[(c * height + y) * width + x];
                zlib.Write(row);
            }
        }
        return packed.ToArray();
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(~0u, type), data));
        file.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var b in data) crc = table[(byte)(crc ^ b)] ^ (crc >> 8);
        return crc;
    }

    private static uint Entry(int n)
    {
        var crc = (uint)n;
        for (var k = 0; k < 8; k++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        return crc;
    }
}
