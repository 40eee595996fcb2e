using System.Runtime.CompilerServices;
using WebLab.Engine.Golden;
using WebLab.Engine.Torch;
using Xunit;

namespace WebLab.Engine.Tests.Golden;

/// <summary>Numbers of an independent reference implementation, in float64.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Cases => [.. GoldenRun.Find(Folder()).Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_engine_gives_the_numbers_of_the_reference(string id)
    {
        var result = GoldenRun.Run(Path.Combine(Folder(), id), Device.Cpu);
        Assert.True(result.Passed, string.Join('\n', result.Complaints));
    }

    [Fact]
    public void A_GPU_gives_them_too()
    {
        Assert.SkipUnless(Libtorch.CudaCount > 0, "this libtorch sees no GPU");
        var results = GoldenRun.Find(Folder()).Select(f => GoldenRun.Run(f, Device.Cuda()));
        Assert.Empty(results.Where(r => !r.Passed).Select(r => $"{r.Id}: {string.Join("; ", r.Complaints)}"));
    }

    private static string Folder([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "cases");
}
