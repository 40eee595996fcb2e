using System.CommandLine;
using WebLab.Engine.Golden;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab golden DIR</c>: runs reference cases and says how near the results are.</summary>
internal static class Golden
{
    public static Command Verb()
    {
        var folder = new Argument<DirectoryInfo>("dir") { Description = "Folder whose sub-folders hold case.json files." };
        folder.AcceptExistingOnly();
        var verb = new Command("golden", "Run reference cases through the engine's own classes and compare with their stored results.") { folder };
        verb.SetAction(parsed => Run(parsed.GetValue(folder)!.FullName, Console.Out));
        return verb;
    }

    /// <summary>One line per case, its complaints beneath; exit code 1 when any failed or none was found.</summary>
    public static int Run(string folder, TextWriter output)
    {
        var (passed, failed) = (0, 0);
        var results = GoldenRun.Find(folder).Select(GoldenRun.Run).Concat(GoldenRun.FindReferences(folder).SelectMany(GoldenRun.RunReferences));
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
