using WebLab.Engine.Cli;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Engine.Jobs;

namespace WebLab.Engine.Tests.Data;

/// <summary>What shapes32 is for, on images and weights of five seeds. Ten minutes on two cores, so only when asked for: <c>-explicit only</c>.</summary>
public sealed class GapTests : IDisposable
{
    private readonly TempFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Theory(Explicit = true)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Adversarial_training_gains_forty_points_of_robust_accuracy(int seed)
    {
        Drawn.Shapes(_data.Path, Shapes32.DefaultTrain, Shapes32.DefaultTest, (ulong)seed);
        var (standard, robust) = (Measure("shapes32-standard", seed), Measure("shapes32-pgd-at", seed));
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: standard {Words(standard)}, pgd-at {Words(robust)}");
        Assert.InRange(standard.Clean.Accuracy, 0.95, 1);
        Assert.InRange(robust.Attacks[0].Robust.Accuracy - standard.Attacks[0].Robust.Accuracy, 0.4, 1);
    }

    private EvaluationResults Measure(string preset, int seed)
    {
        Assert.Equal(ExitCode.Done, Demo.Measure(_data.Path, Path.Combine(_data.Path, "demo"), preset, threads: 2, seed, out var results));
        return results!;
    }

    private static string Words(EvaluationResults results) => $"{results.Clean.Accuracy:P1} clean {results.Attacks[0].Robust.Accuracy:P1} PGD-20";
}
