using System.CommandLine;
using WebLab.Engine.Golden;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab golden DIR</c>: runs reference cases and says how near the results are.</summary>
internal static class Golden
{
    public static Command Verb()
    {
        var folder = new Argument<DirectoryInfo>("dir") { Description = "Folder whose sub-folders hold case.json files." };
        folder.AcceptExistingOnly();
        var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };
        var verb = new Command("golden", "Run reference cases through the engine's own classes and compare with their stored results.") { folder, device };
        verb.SetAction(parsed => Run(parsed.GetValue(folder)!.FullName, Device.Parse(parsed.GetValue(device)!), Console.Out));
        return verb;
    }

    /// <summary>One line per case, its complaints beneath; exit code 1 when any failed or none was found.</summary>
    public static int Run(string folder, Device device, TextWriter output)
    {
        var (passed, failed) = (0, 0);
        var results = GoldenRun.Find(folder).Select(f => GoldenRun.Run(f, device)).Concat(GoldenRun.FindReferences(folder).SelectMany(f => GoldenRun.RunReferences(f, device)));
        foreach (var (id, good, largest, complaints) in results)
        {
            output.WriteLine($"{(good ? "pass" : "FAIL")}  {id,-34} {largest}");
            foreach (var complaint in complaints) output.WriteLine($"      {complaint}");
            if (good) passed++;
            else failed++;
        }

        output.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 && passed > 0 ? 0 : 1;
    }
}
