using System.CommandLine;

namespace WebLab.Engine.Cli;

/// <summary>Options that several verbs have.</summary>
internal static class Shared
{
    public static Option<string> DataOption() => new("--data")
    {
        Description = "The data directory; WEBLAB_DATA or ./data where absent.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("WEBLAB_DATA") is { Length: > 0 } set ? set : "data",
    };

    public static Option<int> ThreadsOption() => new("--threads")
    {
        Description = "Compute threads.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };
}
