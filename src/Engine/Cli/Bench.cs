using System.CommandLine;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab bench</c>: every performance claim of the documentation comes from here.</summary>
public static class Bench
{
    public static Command Verb() => new("bench", "Measure.") { BenchAttacks.Verb(), BenchAugment.Verb(), BenchBinding.Verb(), BenchCorruptions.Verb(), BenchCost.Verb(), BenchMethods.Verb(), BenchStep.Verb() };
}
