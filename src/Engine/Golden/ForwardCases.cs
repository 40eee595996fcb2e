using System.Text.Json.Nodes;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Golden;

/// <summary>Logits of an architecture whose weights and images follow a rule of sines instead of being stored.</summary>
internal static class ForwardCases
{
    public static void Run(GoldenCase golden, Comparison comparison)
    {
        using var network = GoldenNetwork.Build(golden.Part("network"), golden.Device);
        var names = golden.Document["stateDict"]!.AsArray().Select(e => (string)e![0]!).ToArray();
        if (!network.State.Select(s => s.Name).SequenceEqual(names))
            throw new InvalidDataException($"the state has other names or another order than the case: {Difference(network, names)}");
        if (network.ParameterCount != (long)golden.Document["parameterCount"]!)
            throw new InvalidDataException($"{network.ParameterCount} parameters; wanted {golden.Document["parameterCount"]}");
        Fill(network, (double?)golden.Document["fill"]?["weightGain"] ?? 1);
        using var off = NoGrad.Enter();
        comparison.Hold("logits", network.Forward(Images([.. golden.Document["input"]!["shape"]!.AsArray().Select(n => (long)n!)]).to(golden.Device), Pass.Eval));
    }

    private static string Difference(Network network, string[] names)
    {
        var k = network.State.Zip(names).TakeWhile(p => p.First.Name == p.Second).Count();
        return $"entry {k} is '{network.State.ElementAtOrDefault(k).Name}', wanted '{names.ElementAtOrDefault(k)}'";
    }

    private static Tensor Images(long[] shape)
    {
        var inner = shape[1] * shape[2] * shape[3];
        return Made(shape, i => 0.5 + 0.5 * Math.Sin(0.11 * i + 0.5 * (i / inner)));
    }

    private static void Fill(Network network, double gain)
    {
        using var off = NoGrad.Enter();
        var norms = network.State.Where(s => s.Name.EndsWith("running_mean", StringComparison.Ordinal))
            .Select(s => s.Name[..^"running_mean".Length]).ToHashSet();
        for (var t = 0; t < network.State.Count; t++)
        {
            using var scope = Scope.Enter();
            var (name, slot) = network.State[t];
            long[] shape = [.. slot.Shape];
            slot.Value.copy_(Made(shape, Rule(name, t, shape, gain, norms)));
        }
    }

    // The argument of each sine is product, product, sum, each rounded.
    private static Func<long, double> Rule(string name, int t, long[] shape, double gain, HashSet<string> norms)
    {
        var dot = name.LastIndexOf('.') + 1;
        var (last, norm) = (name[dot..], norms.Contains(name[..dot]));
        if (last == "num_batches_tracked") return _ => 0;
        if (last == "running_mean") return i => 0.1 * Math.Sin(0.2 * i + t);
        if (last == "running_var") return i => 1 + 0.3 * Math.Pow(Math.Sin(0.2 * i + t), 2);
        if (shape.Length >= 2)
        {
            var scale = Math.Sqrt(2.0 / shape.Skip(1).Aggregate(1L, (a, b) => a * b)) * gain;
            return i => Math.Sin(0.7 * i + 1.3 * t) * scale;
        }

        if (norm && last == "weight") return i => 1 + 0.1 * Math.Sin(0.3 * i + t);
        return norm ? i => 0.1 * Math.Cos(0.3 * i + t) : i => 0.1 * Math.Sin(0.5 * i + t);
    }

    private static Tensor Made(long[] shape, Func<long, double> element)
    {
        var values = new double[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0L; i < values.Length; i++) values[i] = element(i);
        return Tensor.From((ReadOnlySpan<double>)values, shape);
    }
}
