using System.CommandLine;
using WebLab.Engine.Training;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab export CHECKPOINT OUT.safetensors [--bank N] [--unaveraged]</c>.</summary>
public static class Export
{
    public static Command Verb()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "Folder of a checkpoint." };
        var file = new Argument<string>("out") { Description = "The safetensors file to write." };
        var bank = new Option<int?>("--bank") { Description = "Batch-norm bank to keep; 0, the main one, where absent." };
        var unaveraged = new Option<bool>("--unaveraged") { Description = "The weights themselves, where the run also keeps an average." };
        var verb = new Command("export", "Write one bank of a checkpoint as plain weights under PyTorch's names.") { checkpoint, file, bank, unaveraged };
        verb.SetAction(parsed =>
        {
            try
            {
                PlainWeights.Export(parsed.GetValue(checkpoint)!, parsed.GetValue(file)!, parsed.GetValue(bank), !parsed.GetValue(unaveraged));
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
