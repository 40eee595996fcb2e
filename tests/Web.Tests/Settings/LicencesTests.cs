using WebLab.Web.Settings;

namespace WebLab.Web.Tests.Settings;

public sealed class LicencesTests
{
    [Fact]
    public void Tables_below_headings_become_rows_of_plain_words()
    {
        var tables = Licences.Read("# Notices\n\n## In the product\n\n| what | licence |\n|---|---|\n| [SQLite](https://sqlite.org) `x` | public domain |\n\n## Words only\n\nNothing.\n");
        var table = Assert.Single(tables);
        Assert.Equal("In the product", table.Title);
        Assert.Equal(["what", "licence"], table.Head);
        Assert.Equal([["SQLite x", "public domain"]], table.Rows);
    }

    [Fact]
    public void The_notices_of_the_repository_are_part_of_the_program() =>
        Assert.Contains(Licences.Tables.SelectMany(t => t.Rows), r => r[0].Contains("ECharts", StringComparison.Ordinal) && r[1] == "Apache-2.0");
}
