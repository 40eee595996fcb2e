using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

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

    /// <summary>What is no JSON goes on as text: the check of the request names it.</summary>
    public static JsonNode? Json(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
