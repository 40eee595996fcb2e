using System.CommandLine;
using System.Text.Json;
using WebLab.Engine.Images;

namespace WebLab.Engine.Cli;

/// <summary>
/// <c>weblab decode IN OUT.png</c>: decodes one image within limits, in this process, which caps itself first.
/// <c>weblab decode --serve</c>: the same for a parent process, over standard input and output.
/// </summary>
public static class Decode
{
    public static Command Verb()
    {
        var input = new Argument<string?>("in") { Description = "The image.", Arity = ArgumentArity.ZeroOrOne };
        var output = new Argument<string?>("out") { Description = "The PNG to write: 8-bit RGB, upright.", Arity = ArgumentArity.ZeroOrOne };
        var serve = new Option<bool>("--serve") { Description = "Answer requests on standard input until it ends." };
        var bytes = new Option<int>("--bytes") { Description = "Largest file in bytes.", DefaultValueFactory = _ => ImageLimits.Default.Bytes };
        var side = new Option<int>("--side") { Description = "Longest side in pixels.", DefaultValueFactory = _ => ImageLimits.Default.Side };
        var pixels = new Option<long>("--pixels") { Description = "Most pixels.", DefaultValueFactory = _ => ImageLimits.Default.Pixels };
        var memory = new Option<int>("--memory") { Description = "Memory in megabytes.", DefaultValueFactory = _ => DecoderBounds.Default.Megabytes };
        var seconds = new Option<int>("--seconds") { Description = "Processor time in seconds.", DefaultValueFactory = _ => 600 };
        var square = new Option<int?>("--square") { Description = "Cut the middle square and resize it to this side." };
        var verb = new Command("decode", "Decode an untrusted image in a process with capped memory.") { input, output, serve, bytes, side, pixels, memory, seconds, square };
        verb.SetAction(parsed =>
        {
            DecoderServer.Cap((long)parsed.GetValue(memory) << 20, parsed.GetValue(seconds));
            if (parsed.GetValue(serve))
            {
                using var requests = Console.OpenStandardInput();
                using var replies = new BufferedStream(Console.OpenStandardOutput(), 1 << 16);
                DecoderServer.Serve(requests, replies);
                return 0;
            }

            if (parsed.GetValue(input) is not { } from || parsed.GetValue(output) is not { } to)
            {
                Console.Error.WriteLine("wanted: weblab decode IN OUT.png");
                return 2;
            }

            var limits = new ImageLimits { Bytes = parsed.GetValue(bytes), Side = parsed.GetValue(side), Pixels = parsed.GetValue(pixels) };
            return One(from, to, limits, new Shaping(parsed.GetValue(square)));
        });
        return verb;
    }

    private static int One(string from, string to, ImageLimits limits, Shaping shaping)
    {
        try
        {
            if (new FileInfo(from).Length > limits.Bytes) throw new ImageRefused(ImageRefused.TooLarge, $"more than {limits.Bytes} bytes");
            var decoded = DecoderServer.Decode(File.ReadAllBytes(from), limits, [shaping])[0];
            File.WriteAllBytes(to, PngFile.Encode(decoded.Image));
            Print(new { decoded.Width, decoded.Height, decoded.Format, decoded.Frames, decoded.OrientationApplied, decoded.Warnings });
            return 0;
        }
        catch (ImageRefused e)
        {
            Print(new { Error = new { e.Code, e.Message } });
            return 1;
        }
        catch (IOException e)
        {
            Print(new { Error = new { Code = "io", e.Message } });
            return 1;
        }
    }

    private static void Print<T>(T record) => Console.WriteLine(JsonSerializer.Serialize(record, DecodeFrames.Json));
}
