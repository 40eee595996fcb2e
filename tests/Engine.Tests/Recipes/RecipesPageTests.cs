using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using WebLab.Engine.Catalog;
using WebLab.Engine.Recipes;

namespace WebLab.Engine.Tests.Recipes;

/// <summary>The tables in docs/recipes.md, made from the recipes. <c>WEBLAB_WRITE_DOCS=1</c> rewrites them.</summary>
public sealed class RecipesPageTests
{
    private const string Begin = "<!-- recipes: made by RecipesPageTests -->\n", End = "<!-- end of recipes -->";

    [Fact]
    public void The_page_lists_every_recipe_of_a_paper_with_its_figures()
    {
        var page = File.ReadAllText(Page());
        var from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var made = page[..from] + Tables() + page[page.IndexOf(End, StringComparison.Ordinal)..];
        if (Environment.GetEnvironmentVariable("WEBLAB_WRITE_DOCS") == "1") File.WriteAllText(Page(), made);
        Assert.True(made == File.ReadAllText(Page()), "docs/recipes.md is old; run this test with WEBLAB_WRITE_DOCS=1 and look at the difference");
    }

    private static string Tables()
    {
        var text = new StringBuilder();
        foreach (var group in Presets.All.Where(p => p.Group == "papers").GroupBy(p => p.Recipe.Data.Id).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| recipe | name | method | network | quoted, in % |\n|---|---|---|---|---|\n");
            foreach (var preset in group) text.Append(Row(preset));
        }
        return text.Append('\n').ToString();
    }

    private static string Row(Preset preset) =>
        $"| [{preset.Id["papers/".Length..]}](../recipes/{preset.Id}.json) | {preset.Recipe.Name} | `{Kinds.Methods.KindOf(preset.Recipe.Method)}` | `{Kinds.Architectures.KindOf(preset.Recipe.Model)}` | {Figures(preset.Recipe.Quoted ?? [])} |\n";

    // Figures of one source and remark stand together.
    private static string Figures(IEnumerable<QuotedFigure> quoted) => string.Join("; ", quoted.GroupBy(q => (q.Source, q.Link, q.Note, q.Tolerance)).Select(g =>
        string.Join(", ", g.Select(q => $"{q.Metric} {Number(q.Value)}")) + $" ± {Number(g.Key.Tolerance)} ("
        + (g.Key.Link is null ? g.Key.Source : $"[{g.Key.Source}]({g.Key.Link})") + (g.Key.Note is null ? "" : $"; {g.Key.Note}") + ")")) is { Length: > 0 } figures ? figures : "none";

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Page([CallerFilePath] string source = "") =>
        Path.Combine(Path.GetDirectoryName(source)!, "..", "..", "..", "docs", "recipes.md");
}
