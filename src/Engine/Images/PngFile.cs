using System.Buffers.Binary;
using System.IO.Compression;

namespace WebLab.Engine.Images;

/// <summary>8-bit RGB PNG files, written and read without native code: galleries, thumbnails, what a decoder hands back.</summary>
public static class PngFile
{
    private const int Channels = 3;

    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>Encodes an image; each row takes the filter with the least sum of absolute differences (PNG, 12.7).</summary>
    public static byte[] Encode(RgbImage image)
    {
        var file = new MemoryStream();
        file.Write(Headers.Png.Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        (header[8], header[9]) = (8, 2);
        Chunk(file, "IHDR"u8, header);
        var data = new MemoryStream();
        using (var packed = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true)) Filtered(image, packed);
        Chunk(file, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>Decodes 8-bit RGB without interlace: what <see cref="Encode"/> and the decoder process write.</summary>
    /// <exception cref="ImageRefused">Another kind of PNG, broken or too large.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        var header = ImageHeader.Read(bytes, limits);
        if (header.Format != ImageFormat.Png || bytes[24] != 8 || bytes[25] != 2 || bytes[28] != 0)
            throw ImageRefused.Kind("wanted an 8-bit RGB PNG without interlace");
        var data = new MemoryStream();
        for (var at = 8; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            var body = bytes.Slice(at + 4, length + 4);
            if (BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + 8 + length)..]) != Crc(body)) throw ImageRefused.Broken("a PNG chunk has a wrong checksum");
            if (body.StartsWith("IEND"u8)) break;
            if (body.StartsWith("IDAT"u8)) data.Write(body[4..]);
            at += length + 12;
        }

        data.Position = 0;
        try
        {
            using var plain = new ZLibStream(data, CompressionMode.Decompress);
            return Unfiltered(plain, header.Width, header.Height);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw ImageRefused.Broken("the PNG's picture is broken", e);
        }
    }

    private static void Filtered(RgbImage image, Stream to)
    {
        var stride = image.Width * Channels;
        var (above, best, trial) = (new byte[stride], new byte[stride + 1], new byte[stride + 1]);
        for (var y = 0; y < image.Height; y++)
        {
            var row = image.Pixels.AsSpan(y * stride, stride);
            var least = long.MaxValue;
            for (byte filter = 0; filter < 5; filter++)
            {
                trial[0] = filter;
                long sum = 0;
                for (var i = 0; i < stride; i++)
                {
                    var left = i >= Channels ? row[i - Channels] : 0;
                    var corner = i >= Channels ? above[i - Channels] : 0;
                    var rest = (byte)(row[i] - Predicted(filter, left, above[i], corner));
                    trial[i + 1] = rest;
                    sum += Math.Abs((int)(sbyte)rest);
                }

                if (sum >= least) continue;
                least = sum;
                (best, trial) = (trial, best);
            }

            to.Write(best);
            row.CopyTo(above);
        }
    }

    private static RgbImage Unfiltered(Stream from, int width, int height)
    {
        var stride = width * Channels;
        var pixels = new byte[stride * height];
        var (above, packed) = (new byte[stride], new byte[stride + 1]);
        for (var y = 0; y < height; y++)
        {
            from.ReadExactly(packed);
            if (packed[0] > 4) throw ImageRefused.Broken($"a PNG row with filter {packed[0]}");
            var row = pixels.AsSpan(y * stride, stride);
            for (var i = 0; i < stride; i++)
            {
                var left = i >= Channels ? row[i - Channels] : 0;
                var corner = i >= Channels ? above[i - Channels] : 0;
                row[i] = (byte)(packed[i + 1] + Predicted(packed[0], left, above[i], corner));
            }

            row.CopyTo(above);
        }

        return new RgbImage(width, height, pixels);
    }

    private static int Predicted(byte filter, int left, int above, int corner) => filter switch
    {
        0 => 0,
        1 => left,
        2 => above,
        3 => (left + above) / 2,
        _ => Paeth(left, above, corner),
    };

    private static int Paeth(int left, int above, int corner)
    {
        var guess = left + above - corner;
        var (a, b, c) = (Math.Abs(guess - left), Math.Abs(guess - above), Math.Abs(guess - corner));
        return a <= b && a <= c ? left : b <= c ? above : corner;
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        var chunk = new byte[body.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        type.CopyTo(chunk.AsSpan(4));
        body.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + body.Length), Crc(chunk.AsSpan(4, 4 + body.Length)));
        file.Write(chunk);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFF;
        foreach (var value in bytes) crc = CrcTable[(crc ^ value) & 0xFF] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            table[n] = c;
        }

        return table;
    }
}
