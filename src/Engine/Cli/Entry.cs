using System.CommandLine;

namespace WebLab.Engine.Cli;

/// <summary>The program's table of contents: one line per verb.</summary>
public static class Entry
{
    public static int Run(string[] args)
    {
        var root = new RootCommand("WebLab's engine: train, attack and evaluate robust image classifiers.");
        root.Add(Bench.Verb());
        root.Add(Dataset.Verb());
        root.Add(Decode.Verb());
        root.Add(Demo.Verb());
        root.Add(Devices.Verb());
        root.Add(Doctor.Verb());
        root.Add(Evaluate.Verb());
        root.Add(Export.Verb());
        root.Add(Golden.Verb());
        root.Add(ImportWeights.Verb());
        root.Add(Inspect.Verb());
        root.Add(Lab.Verb());
        root.Add(Parity.Verb());
        root.Add(Preview.Verb());
        root.Add(Train.Verb());
        root.Add(Verify.Verb());
        root.Add(Work.Verb());
        return root.Parse(args).Invoke();
    }
}
