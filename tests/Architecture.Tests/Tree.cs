using System.Text.RegularExpressions;
using Xunit;

namespace WebLab.Architecture.Tests;

/// <summary>The repository as files: what lies where, and its text.</summary>
internal static partial class Tree
{
    public static string Root { get; } = Find();

    /// <summary>Files of ours under a folder, paths relative to the root with forward slashes; what tools generate is left out.</summary>
    public static IEnumerable<string> Files(string folder, params string[] extensions) =>
        !Directory.Exists(Path.Combine(Root, folder)) ? [] : Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Select(p => Path.GetRelativePath(Root, p).Replace('\\', '/'))
            .Where(p => extensions.Contains(Path.GetExtension(p)) && !Generated().IsMatch("/" + p))
            .Order(StringComparer.Ordinal);

    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>C# without its comments; enough for a look at words, not a parser.</summary>
    public static string Code(string path) => Comment().Replace(Text(path), "");

    /// <summary>Fails with every finding, one a line.</summary>
    public static void Nothing(IEnumerable<string> findings)
    {
        var all = findings.ToList();
        Assert.True(all.Count == 0, string.Join(Environment.NewLine, all));
    }

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "WebLab.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException($"no WebLab.sln above {AppContext.BaseDirectory}");
        return folder;
    }

    [GeneratedRegex("/(bin|obj|artifacts|data|node_modules|Migrations|wwwroot/lib|\\.[a-z]+)/")]
    private static partial Regex Generated();

    [GeneratedRegex("(?<!:)//[^\n]*|/\\*.*?\\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();
}
