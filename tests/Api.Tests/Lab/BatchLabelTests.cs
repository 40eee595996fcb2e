using WebLab.Api.Lab;
using Xunit;

namespace WebLab.Api.Tests.Lab;

public sealed class BatchLabelTests
{
    [Theory]
    [InlineData("disc/01.png", BatchLabels.Folders, "disc")]
    [InlineData("all/disc/01.png", BatchLabels.Folders, "disc")]
    [InlineData("01.png", BatchLabels.Folders, null)]
    [InlineData("x/disc_01.png", BatchLabels.Prefix, "disc")]
    [InlineData("red disc.png", BatchLabels.Prefix, "red")]
    [InlineData("_disc.png", BatchLabels.Prefix, null)]
    [InlineData("disc/01.png", BatchLabels.None, null)]
    [InlineData("", BatchLabels.Folders, null)]
    public void A_name_says_its_class(string name, BatchLabels from, string? label) => Assert.Equal(label, LabBatches.Label(name, from));
}
