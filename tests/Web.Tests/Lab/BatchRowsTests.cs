using WebLab.Api.Lab;
using WebLab.Web.Lab;

namespace WebLab.Web.Tests.Lab;

public sealed class BatchRowsTests
{
    private static readonly BoardRow[] Rows = [Row("b.png", "held", 0.5), Row("a.png", "fooled", 0.9), Row("c.png", "rejected", null)];

    [Theory]
    [InlineData(null, null, "b a c")]
    [InlineData("", "file", "a b c")]
    [InlineData(null, "-file", "c b a")]
    [InlineData(null, "afterProbability", "c b a")]
    [InlineData(null, "unknown", "b a c")]
    [InlineData("held", "-file", "b")]
    [InlineData("none", null, "")]
    public void Rows_are_filtered_and_sorted(string? show, string? sort, string order) =>
        Assert.Equal(order, string.Join(' ', BatchRows.Of(Rows, show, sort).Select(r => r.File[..1])));

    private static BoardRow Row(string file, string verdict, double? after) => new(file, "x", true, "n", "c", "x", after, "x", after, verdict, 0, 0, 0, null);
}
