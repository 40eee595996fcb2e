using System.Runtime.CompilerServices;
using WebLab.Engine.Golden;
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
        var result = GoldenRun.Run(Path.Combine(Folder(), id));
        Assert.True(result.Passed, string.Join('\n', result.Complaints));
    }

    private static string Folder([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "cases");
}
