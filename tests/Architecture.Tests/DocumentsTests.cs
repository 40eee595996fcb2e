using System.Text.RegularExpressions;
using System.Xml.Linq;
using WebLab.Engine.Recipes;
using Xunit;

namespace WebLab.Architecture.Tests;

/// <summary>What is written beside the code stays true to it.</summary>
public sealed partial class DocumentsTests
{
    [Fact]
    public void A_shipped_recipe_is_valid()
    {
        Assert.All(Tree.Files("recipes", ".json"), path =>
        {
            var read = RecipeJson.Read(Tree.Text(path));
            Assert.Empty(read.Errors);
            Assert.NotNull(read.Recipe);
        });
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        var broken = Documents().SelectMany(d => Link().Matches(Tree.Text(d)).Select(m => m.Groups[1].Value)
            .Where(target => !target.Contains("://") && !target.StartsWith('#') && !target.StartsWith("mailto:"))
            .Where(target => !Path.Exists(Path.Combine(Tree.Root, Path.GetDirectoryName(d)!, target.Split('#')[0])))
            .Select(target => $"{d} -> {target}"));
        Tree.Nothing(broken);
    }

    [Fact]
    public void Every_package_stands_in_the_notices()
    {
        var notices = Tree.Text("THIRD-PARTY-NOTICES.md");
        var packages = XDocument.Parse(Tree.Text("Directory.Packages.props")).Descendants("PackageVersion").Select(p => (string)p.Attribute("Include")!);
        Assert.All(packages, p => Assert.Contains(p, notices));
    }

    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(Tree.Root, "*.md").Select(p => Path.GetFileName(p)).Concat(Tree.Files("docs", ".md"));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
