using WebLab.Engine.Data;
using WebLab.Engine.Jobs;
using Xunit;

namespace WebLab.Engine.Tests.Data;

public sealed class BuiltInTests
{
    [Fact]
    public void Jobs_that_start_together_on_an_empty_shelf_open_the_same_drawing()
    {
        using var temp = new TempFolder();
        var versions = new string[3];
        var jobs = Enumerable.Range(0, versions.Length).Select(k => new Thread(() =>
        {
            using var data = BuiltIn.Open(DatasetShelf.In(temp.Path), Shapes32.Id, null, TimeProvider.System);
            versions[k] = data.Manifest.Version;
        })).ToList();
        jobs.ForEach(j => j.Start());
        jobs.ForEach(j => j.Join());
        Assert.Single(versions.Distinct());
        Assert.Single(DatasetShelf.In(temp.Path).List());
    }

    [Fact]
    public void Nothing_else_is_made_up()
    {
        using var temp = new TempFolder();
        var failure = Assert.Throws<JobFailure>(() => BuiltIn.Open(DatasetShelf.In(temp.Path), "cifar10", null, TimeProvider.System));
        Assert.Equal(FailureCode.DatasetMissing, failure.Code);
    }
}
