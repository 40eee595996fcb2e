using WebLab.Engine.Torch;

namespace WebLab.Engine.Golden;

/// <summary>How one reference case came out.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Passed">All expectations are met.</param>
/// <param name="Largest">The largest error, in words.</param>
/// <param name="Complaints">What is wrong, a line each.</param>
public sealed record GoldenResult(string Id, bool Passed, string Largest, IReadOnlyList<string> Complaints);

/// <summary>Runs reference cases through the classes of real runs.</summary>
public static class GoldenRun
{
    /// <summary>Who runs which kind of case.</summary>
    private static readonly Dictionary<string, Action<GoldenCase, Comparison>> Runners = new()
    {
        ["attack"] = AttackCases.Run,
        ["forward"] = ForwardCases.Run,
        ["module"] = ModuleCases.Run,
        ["train-step"] = TrainStepCases.Run,
    };

    /// <summary>The folders under <paramref name="folder"/> (itself included) that hold a case, in order of name.</summary>
    public static IReadOnlyList<string> Find(string folder) =>
        [.. Directory.EnumerateFiles(folder, "case.json", SearchOption.AllDirectories).Select(f => Path.GetDirectoryName(f)!).Order(StringComparer.Ordinal)];

    /// <summary>The folders under <paramref name="folder"/> that hold outputs of public attack code.</summary>
    public static IReadOnlyList<string> FindReferences(string folder) =>
        [.. Directory.EnumerateFiles(folder, "manifest.json", SearchOption.AllDirectories).Select(f => Path.GetDirectoryName(f)!).Where(ReferenceAttacks.IsAt)];

    /// <summary>Holds outputs of public attack code against the engine's attacks.</summary>
    public static IReadOnlyList<GoldenResult> RunReferences(string folder, Device device) => ReferenceAttacks.Run(folder, device);

    /// <summary>Runs one case; what goes wrong on the way is a complaint like any other.</summary>
    public static GoldenResult Run(string folder, Device device)
    {
        using var scope = Scope.Enter();
        var golden = GoldenCase.Load(folder, device);
        var comparison = new Comparison(golden);
        try
        {
            if (!Runners.TryGetValue(golden.Kind, out var runner)) throw new NotSupportedException($"no runner for cases of kind '{golden.Kind}'");
            runner(golden, comparison);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException or InvalidDataException or TorchException or KeyNotFoundException)
        {
            return new(golden.Id, false, "-", [e.Message]);
        }

        return new(golden.Id, comparison.Passed, comparison.Largest, comparison.Complaints);
    }
}
