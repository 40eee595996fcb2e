using WebLab.Engine.Torch;

namespace WebLab.Engine.Golden;

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

    /// <summary>Runs one case; what goes wrong on the way is a complaint like any other.</summary>
    public static (string Id, bool Passed, string Largest, IReadOnlyList<string> Complaints) Run(string folder)
    {
        using var scope = Scope.Enter();
        var golden = GoldenCase.Load(folder);
        var comparison = new Comparison(golden);
        try
        {
            if (!Runners.TryGetValue(golden.Kind, out var runner)) throw new NotSupportedException($"no runner for cases of kind '{golden.Kind}'");
            runner(golden, comparison);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException or InvalidDataException or TorchException or KeyNotFoundException)
        {
            return (golden.Id, false, "-", [e.Message]);
        }

        return (golden.Id, comparison.Passed, comparison.Largest, comparison.Complaints);
    }
}
