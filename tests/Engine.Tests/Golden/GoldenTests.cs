using System.Runtime.CompilerServices;
using WebLab.Engine.Golden;
using WebLab.Engine.Tests.Data;
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

    [Fact]
    public void Attacks_give_what_the_public_implementations_give()
    {
        var results = GoldenRun.RunReferences(SharedData.RequireGolden("reference-attacks"), Device.Cpu);
        Assert.Equal(17, results.Count);
        Assert.All(results, r => Assert.True(r.Passed, $"{r.Id}: {r.Largest}"));
    }

    private static string Folder([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "cases");
}
