using System.Runtime.InteropServices;

namespace WebLab.Engine.Images;

/// <summary>The inside of the decoder process: caps itself, then answers requests until its input ends.</summary>
internal static class DecoderServer
{
    private const int ProcessorTime = 0, FileSize = 1, Data = 2, Core = 4;

    /// <param name="memory">Bytes of writable memory (RLIMIT_DATA) beyond which allocations fail.</param>
    /// <param name="seconds">Processor seconds after which the kernel ends the process.</param>
    public static void Cap(long memory, int seconds)
    {
        Limit(Data, memory);
        Limit(ProcessorTime, seconds);
        Limit(FileSize, 1L << 30);
        Limit(Core, 0);
    }

    public static void Serve(Stream input, Stream output)
    {
        const int largestFile = 256 << 20;
        while (DecodeFrames.Read<DecodeRequest>(input, largestFile) is var (request, bytes))
        {
            try
            {
                foreach (var decoded in Decode(bytes, request.Limits, request.Shapings))
                    DecodeFrames.Write(output, new DecodeReply(null, decoded.Image.Width, decoded.Image.Height, decoded.Format, decoded.Width, decoded.Height,
                        decoded.Frames, decoded.OrientationApplied, decoded.Warnings), decoded.Image.Pixels);
            }
            catch (ImageRefused e)
            {
                DecodeFrames.Write(output, new DecodeReply(new DecodeError(e.Code, e.Message)), []);
            }
        }
    }

    /// <summary>Header, pixels, orientation, size, in this order.</summary>
    /// <exception cref="ImageRefused">The file is not taken.</exception>
    public static IReadOnlyList<DecodedImage> Decode(byte[] bytes, ImageLimits limits, IReadOnlyList<Shaping> shapings)
    {
        var header = ImageHeader.Read(bytes, limits);
        try
        {
            var image = Codec.Decode(bytes, header);
            string[] warnings = header.Frames > 1 ? [$"{header.Frames} frames; the first is taken"] : [];
            return [.. shapings.Select(s => new DecodedImage(Shape(image, s), header.Format, image.Width, image.Height, header.Frames, header.Orientation, warnings))];
        }
        catch (OutOfMemoryException e)
        {
            throw new ImageRefused(ImageRefused.TooCostly, "decoding takes more memory than is allowed", e);
        }
    }

    private static RgbImage Shape(RgbImage image, Shaping shaping)
    {
        if (shaping.Square is { } side) return Codec.Square(image, side);
        var longer = Math.Max(image.Width, image.Height);
        return shaping.Longest is { } longest && longer > longest
            ? Codec.Resize(image, Scaled(image.Width, longest, longer), Scaled(image.Height, longest, longer))
            : image;
    }

    private static int Scaled(int side, int longest, int from) => Math.Max(1, (int)Math.Round((double)side * longest / from));

    private static void Limit(int resource, long most)
    {
        var limit = new ResourceLimit { Soft = (nuint)most, Hard = (nuint)most };
        if (setrlimit(resource, ref limit) != 0)
            throw new InvalidOperationException($"setrlimit({resource}, {most}): {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public nuint Soft;
        public nuint Hard;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int setrlimit(int resource, ref ResourceLimit limit);
}
