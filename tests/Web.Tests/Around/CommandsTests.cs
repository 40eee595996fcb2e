using System.Text.RegularExpressions;
using WebLab.Web.Around;

namespace WebLab.Web.Tests.Around;

public sealed partial class CommandsTests
{
    private static readonly string Web = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../src/Web"));

    [Fact]
    public void Every_key_of_a_page_stands_in_the_table_that_help_shows()
    {
        var known = Commands.All.Select(c => c.Keys).ToHashSet();
        var used = Directory.EnumerateFiles(Web, "*.razor", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => Key().Matches(File.ReadAllText(f)).Select(m => (Keys: m.Groups[1].Value, File: Path.GetFileName(f)))).ToList();
        Assert.NotEmpty(used);
        Assert.All(used, u => Assert.True(known.Contains(u.Keys), $"{u.File} uses the key '{u.Keys}', which Commands does not list"));
    }

    [Fact]
    public void No_two_commands_share_keys() =>
        Assert.All(Commands.All.Where(c => c.Keys.Length > 0).GroupBy(c => c.Keys), g => Assert.Single(g));

    [Fact]
    public void No_key_begins_a_longer_one_but_g() =>
        Assert.All(Commands.All.Where(c => c.Keys.Contains(' ') && c.Keys != "Ctrl K"), c => Assert.StartsWith("g ", c.Keys));

    // data-key="x" and NavItem's Key="x"; expressions are looked at by hand.
    [GeneratedRegex("""(?:data-key|<NavItem[^>]* Key)="([^"@]+)["]""")]
    private static partial Regex Key();
}
