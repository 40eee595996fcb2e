using System.CommandLine;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab verify FILE</c>: works the figures of an evaluation out again.</summary>
internal static class Verify
{
    public static System.CommandLine.Command Verb()
    {
        var file = new Argument<FileInfo>("file") { Description = $"{EvaluationDocument.FileName}, as an evaluation leaves it and the server exports it." };
        file.AcceptExistingOnly();
        var images = new Option<string?>("--images") { Description = $"The adversarial images; {OutcomeFiles.Adversarial} beside the file where absent." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "The checkpoint that was attacked: the images are shown to it again and held against the clean ones of the data set." };
        var data = Shared.DataOption();
        var verb = new System.CommandLine.Command("verify", "Work the figures of an evaluation out again, from what became of its images.") { file, images, checkpoint, data };
        verb.SetAction(parsed => Run(parsed.GetValue(file)!.FullName, parsed.GetValue(images), parsed.GetValue(checkpoint), parsed.GetValue(data)!, Console.Out));
        return verb;
    }

    /// <summary>Exit code 0: everything that could be checked agrees; 1: something differs; 65: the file is no such document.</summary>
    public static int Run(string path, string? images, string? checkpoint, string data, TextWriter output)
    {
        try
        {
            var document = EvaluationDocument.Read(path);
            var (results, differences) = (document.Results, Verification.Figures(document).ToList());
            output.WriteLine($"{results.Data} {results.Split}, {results.Samples} images, {results.Attacks.Count} attacks, {results.Mode}: figures worked out again");
            images ??= Path.Combine(Path.GetDirectoryName(path)!, OutcomeFiles.Adversarial);
            if (!File.Exists(images)) output.WriteLine($"not checked: the adversarial images, {images} is not there");
            else differences.AddRange(Shown(document, images, checkpoint, data, output));
            foreach (var difference in differences) output.WriteLine($"differs: {difference}");
            output.WriteLine(differences.Count == 0 ? $"agrees: clean {results.Clean.Accuracy:P2}, worst case {results.WorstCase?.Accuracy:P2}" : $"{differences.Count} differences");
            return differences.Count == 0 ? 0 : 1;
        }
        catch (Exception e) when (e is InvalidDataException or JobFailure)
        {
            output.WriteLine(e.Message);
            return 65;
        }
    }

    private static IReadOnlyList<string> Shown(EvaluationDocument document, string images, string? checkpoint, string data, TextWriter output)
    {
        if (checkpoint is null)
        {
            output.WriteLine("not checked: whether the network reads the images so; name its --checkpoint");
            return Verification.Images(document, images, null);
        }

        var results = document.Results;
        var request = new EvaluationRequest { Checkpoint = Path.GetFullPath(checkpoint), Data = results.Data, Version = results.Version, Split = Enum.Parse<Data.Split>(results.Split, ignoreCase: true), Device = "cpu" };
        using var scope = Scope.Enter();
        using var subject = new Subject(Path.GetFullPath(data), request, Device.Cpu);
        var other = subject.WeightsSha256 == results.WeightsSha256 ? [] : new[] { $"the checkpoint's weights are {subject.WeightsSha256}, not {results.WeightsSha256}, which were attacked" };
        return [.. other, .. Verification.Images(document, images, subject)];
    }
}
