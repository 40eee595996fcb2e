using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebLab.Engine.Images;

/// <summary>What a decoded image is to become.</summary>
/// <param name="Square">Side of the middle square that is cut and resized; null: keep all of the image.</param>
/// <param name="Longest">Shrink so that the longer side is at most this; null: keep the size.</param>
public sealed record Shaping(int? Square = null, int? Longest = null);

/// <summary>An accepted image: upright, first frame, 8-bit RGB, alpha over white.</summary>
/// <param name="Format">Of the file that came in.</param>
/// <param name="Width">Pixels of the file, upright, before any resizing.</param>
/// <param name="Frames">Frames in the file; the image is the first.</param>
/// <param name="OrientationApplied">The EXIF orientation that was undone, 1..8.</param>
public sealed record DecodedImage(RgbImage Image, ImageFormat Format, int Width, int Height, int Frames, int OrientationApplied, IReadOnlyList<string> Warnings);

/// <summary>Asks the decoder process for one image in one or more shapes; it answers with one reply each, or with one error.</summary>
internal sealed record DecodeRequest(ImageLimits Limits, IReadOnlyList<Shaping> Shapings);

/// <summary>The decoder's answer; pixels follow where <paramref name="Error"/> is null.</summary>
internal sealed record DecodeReply(DecodeError? Error, int ImageWidth = 0, int ImageHeight = 0, ImageFormat Format = default,
    int Width = 0, int Height = 0, int Frames = 0, int OrientationApplied = 1, IReadOnlyList<string>? Warnings = null);

/// <param name="Code">One of <see cref="ImageRefused"/>'s.</param>
internal sealed record DecodeError(string Code, string Message);

/// <summary>
/// The talk between decoder process and its client: a length (4 bytes, little-endian), a JSON record, a length, bytes.
/// </summary>
internal static class DecodeFrames
{
    private const int LongestJson = 1 << 20;

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static void Write<T>(Stream to, T record, ReadOnlySpan<byte> bytes)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(record, Json);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
        to.Write(length);
        to.Write(json);
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        to.Write(length);
        to.Write(bytes);
        to.Flush();
    }

    /// <summary>The next record and its bytes; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">A length is beyond <paramref name="most"/>, or the stream ends inside a frame.</exception>
    public static (T Record, byte[] Bytes)? Read<T>(Stream from, long most)
    {
        Span<byte> length = stackalloc byte[4];
        if (from.ReadAtLeast(length, 4, throwOnEndOfStream: false) < 4) return null;
        try
        {
            var json = Part(from, BinaryPrimitives.ReadInt32LittleEndian(length), LongestJson);
            from.ReadExactly(length);
            var bytes = Part(from, BinaryPrimitives.ReadInt32LittleEndian(length), most);
            return (JsonSerializer.Deserialize<T>(json, Json)!, bytes);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("the stream ends inside a frame", e);
        }
    }

    public static DecodedImage Image(DecodeReply reply, byte[] pixels) =>
        reply.Error is { } error
            ? throw new ImageRefused(error.Code, error.Message)
            : new DecodedImage(new RgbImage(reply.ImageWidth, reply.ImageHeight, pixels), reply.Format,
                reply.Width, reply.Height, reply.Frames, reply.OrientationApplied, reply.Warnings ?? []);

    private static byte[] Part(Stream from, int length, long most)
    {
        if (length < 0 || length > most) throw new InvalidDataException($"a frame of {length} bytes; at most {most} are allowed");
        var bytes = new byte[length];
        from.ReadExactly(bytes);
        return bytes;
    }
}
