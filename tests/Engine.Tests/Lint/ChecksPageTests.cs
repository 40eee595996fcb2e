using System.Runtime.CompilerServices;
using WebLab.Engine.Lint;

namespace WebLab.Engine.Tests.Lint;

public sealed class ChecksPageTests
{
    [Fact]
    public void The_page_tells_of_every_check()
    {
        var page = File.ReadAllText(Page());
        Assert.All(LintChecks.All, c => Assert.Contains($"`{c.Name}`", page, StringComparison.Ordinal));
    }

    private static string Page([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "../../../docs/evaluations.md");
}
