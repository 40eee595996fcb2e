using System.CommandLine;
using WebLab.Engine.Onnx;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab export CHECKPOINT OUT.safetensors|OUT.onnx [--bank N] [--unaveraged]</c>.</summary>
public static class Export
{
    public static Command Verb()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "Folder of a checkpoint." };
        var file = new Argument<string>("out") { Description = "The file to write: NAME.safetensors (plain weights under PyTorch's names) or NAME.onnx (the frozen network, images in [0,1] to logits)." };
        var bank = new Option<int?>("--bank") { Description = "Batch-norm bank to keep; 0, the main one, where absent." };
        var unaveraged = new Option<bool>("--unaveraged") { Description = "The weights themselves, where the run also keeps an average." };
        var verb = new Command("export", "Write one bank of a checkpoint for other programs: safetensors or ONNX.") { checkpoint, file, bank, unaveraged };
        verb.SetAction(parsed =>
        {
            try
            {
                var (from, to) = (parsed.GetValue(checkpoint)!, parsed.GetValue(file)!);
                Action<string, string, int?, bool> write = to.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) ? OnnxExport.Checkpoint : PlainWeights.Export;
                write(from, to, parsed.GetValue(bank), !parsed.GetValue(unaveraged));
                return 0;
            }
            catch (Exception e) when (e is ArgumentException or IOException or InvalidDataException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine(e.Message);
                return 1;
            }
        });
        return verb;
    }
}
