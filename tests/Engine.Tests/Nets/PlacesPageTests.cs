using System.Runtime.CompilerServices;
using System.Text;
using WebLab.Engine.Catalog;
using WebLab.Engine.Nets;
using Xunit;

namespace WebLab.Engine.Tests.Nets;

/// <summary>The table of stages in docs/methods.md, made from the architectures. <c>WEBLAB_WRITE_DOCS=1</c> rewrites it.</summary>
public sealed class PlacesPageTests
{
    private const string Begin = "<!-- stages: made by PlacesPageTests -->\n", End = "<!-- end of stages -->";

    [Fact]
    public void The_page_names_the_stages_that_the_architectures_have()
    {
        var page = File.ReadAllText(Page());
        var from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var made = page[..from] + Table() + page[page.IndexOf(End, StringComparison.Ordinal)..];
        if (Environment.GetEnvironmentVariable("WEBLAB_WRITE_DOCS") == "1") File.WriteAllText(Page(), made);
        Assert.True(made == File.ReadAllText(Page()), "docs/methods.md is old; run this test with WEBLAB_WRITE_DOCS=1 and look at the difference");
    }

    private static string Table()
    {
        var table = new StringBuilder("| architecture | stages after `input` | `alfa` attacks | `l-alfa` attacks |\n|---|---|---|---|\n");
        foreach (var entry in Kinds.Architectures.Entries)
        {
            var options = (ArchitectureOptions)entry.Default();
            var spread = options.SpreadPlaces();
            var ends = spread.SequenceEqual(options.Groups().Select(g => g.Name)) ? $"the ends of all {spread.Count} groups" : Words(spread);
            table.Append($"| `{entry.Kind}` | {string.Join("; ", options.Groups().Select(Of))} | `{options.EarlyPlace()}` | {ends} |\n");
        }
        return table.ToString();
    }

    private static string Of(StageGroup group) => group.Blocks > 3 ? $"`{group.Name}.0` to `{group.Name}.{group.Blocks - 2}`, `{group.Name}`" : Words(group.Stages);

    private static string Words(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"`{n}`"));

    private static string Page([CallerFilePath] string source = "") =>
        Path.Combine(Path.GetDirectoryName(source)!, "..", "..", "..", "docs", "methods.md");
}
