using System.CommandLine;
using System.Text.Json;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab preview</c>: what augmentations make of images, for the server, which loads no libtorch itself.</summary>
public static class Preview
{
    public static System.CommandLine.Command Verb()
    {
        var verb = new System.CommandLine.Command("preview", "Augment images of data sets in WEBLAB_DATA: JSON lines in, JSON lines out; ends with its input.");
        verb.SetAction(_ =>
        {
            Libtorch.SetThreads(1);
            var shelf = DatasetShelf.In(DataRoot.Current);
            while (Console.In.ReadLine() is { } line)
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(Answer(shelf, line), JobJson.Options));
                Console.Out.Flush();
            }

            return 0;
        });
        return verb;
    }

    private static PreviewReply Answer(DatasetShelf shelf, string line)
    {
        try
        {
            var request = JsonSerializer.Deserialize<PreviewRequest>(line, JobJson.Options)!;
            var augment = request.Augment.Deserialize<IReadOnlyList<AugmentationOptions>>(OptionsJson.Canonical)!;
            using var set = shelf.Open(request.Id, request.Version);
            var drawn = AugmentationPreview.Draw(set.Of(request.Split), request.Indices, augment, request.Crop, request.Seed, request.Epoch, request.Count);
            return new PreviewReply([.. drawn.Select(epochs => (IReadOnlyList<byte[]>)[.. epochs.Select(PngFile.Encode)])]);
        }
        catch (Exception e) when (e is TorchException or ArgumentException or JobFailure or JsonException or InvalidOperationException)
        {
            return new PreviewReply(null, e.Message);
        }
    }
}
